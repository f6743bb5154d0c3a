/** IDs by minute, so that due ones are found without looking at the rest. */
export function createBuckets(start: number) {
  const buckets: number[][] = [];
  let lowest = 0;
  /** The first full minute at which the ID is due. */
  const minuteOf = (time: number) => Math.max(0, Math.ceil((time - start) / 60_000));
  return {
    add(id: number, time: number): void {
      const minute = minuteOf(time);
      const bucket = buckets[minute];
      if (bucket) bucket.push(id);
      else buckets[minute] = [id];
      lowest = Math.min(lowest, minute);
    },
    /** @param isStill is the ID still due at a time up to now? Others are dropped. */
    due(now: number, limit: number, isStill: (id: number) => boolean): number[] {
      const found = new Set<number>();
      // In a minute that has only begun, some IDs are not due yet.
      const last = Math.floor((now - start) / 60_000);
      for (let minute = lowest; minute <= last && found.size < limit; minute++) {
        const bucket = buckets[minute];
        if (bucket) {
          const valid = [...new Set(bucket)].filter(isStill);
          buckets[minute] = valid;
          for (const id of valid) if (found.size < limit) found.add(id);
          if (valid.length > 0) continue;
          delete buckets[minute];
        }
        if (minute === lowest && minute < last) lowest++;
      }
      return [...found];
    },
  };
}
