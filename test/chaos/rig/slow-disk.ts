import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exec } from '../../lab/exec.js';
import type { Ground } from './fault.js';

/** A disk on which each fsync(2) takes this long: a small library that is loaded before the C library (ld.so(8)). */
export async function slowDisk(ms: number): Promise<Ground> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-fsync-'));
  chmodSync(folder, 0o755);
  const source = path.join(folder, 'fsync.c');
  const library = path.join(folder, 'fsync.so');
  writeFileSync(
    source,
    `#define _GNU_SOURCE
     #include <dlfcn.h>
     #include <unistd.h>
     static int late(const char *name, int file) {
       usleep(${ms} * 1000);
       return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
     }
     int fsync(int file) { return late("fsync", file); }
     int fdatasync(int file) { return late("fdatasync", file); }
    `,
  );
  await exec('gcc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  return {
    sidecar: { preload: library },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
