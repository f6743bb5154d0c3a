import type {
  ImportPreviewStore,
  KeptPreview,
} from '../../plugin/domain/configuration/import-preview-store.js';

export class MemoryImportPreviews implements ImportPreviewStore {
  readonly rows = new Map<string, KeptPreview>();
  async put(preview: KeptPreview) {
    for (const [hash, { sessionHash }] of this.rows)
      if (sessionHash === preview.sessionHash) this.rows.delete(hash);
    this.rows.set(preview.ticketHash, preview);
  }
  async take(ticketHash: string, sessionHash: string) {
    const preview = this.rows.get(ticketHash) ?? null;
    if (preview?.sessionHash !== sessionHash) return null;
    this.rows.delete(ticketHash);
    return preview;
  }
  async prune() {
    return 0;
  }
}
