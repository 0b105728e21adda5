/** Where checkpoints are kept; a write must replace the old one whole or not at all. */
export interface CheckpointStore {
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  load(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(): Promise<void>;
}
