import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises';

/** The slice of a file handle that is used. */
export interface Handle {
  stat(): Promise<Pick<Stats, 'ino' | 'dev' | 'size' | 'mtimeMs' | 'isFile'>>;
  read(into: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(bytes: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }>;
  truncate(bytes: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The slice of a file system that is used. */
export interface Files {
  /** Made where it is not there, for its owner alone. Neither follows a link nor waits for a pipe's reader. */
  open(path: string): Promise<Handle>;
  lstat(path: string): Promise<Pick<Stats, 'ino' | 'dev'>>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(folder: string): Promise<readonly string[]>;
  /** Makes names in it durable. */
  syncFolder(folder: string): Promise<void>;
}

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

export const systemFiles: Files = {
  open: (path) => open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600),
  lstat,
  rename,
  unlink,
  readdir: (folder) => readdir(folder),
  syncFolder: async (folder) => {
    const handle = await open(folder, 'r');
    // Some network file systems cannot; then there is nothing to make durable by hand.
    await handle
      .sync()
      .catch(() => {})
      .finally(() => handle.close());
  },
};
