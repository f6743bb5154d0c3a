import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { SidecarError } from '../errors.js';
import type { Action } from './action.js';

const execute = promisify(execFile);
/** Milliseconds: a service may take two minutes to stop. */
const LONGEST = 180_000;

/** The files and commands of a machine. */
export interface Machine {
  /** Returns the path under `root`. */
  at(file: string): string;
  exists(file: string): boolean;
  /** The text of a file; null if there is none. */
  read(file: string): string | null;
  /** The ID of a group; null if there is none. */
  groupId(name: string): number | null;
  groupName(id: number): string | null;
  hasUser(name: string): boolean;
  userName(id: number): string | null;
  /** The ID of a user; null: there is none of this name. */
  userId(name: string): number | null;
  /** @throws SidecarError install-failed with the end of the command's output */
  run(command: string, ...args: string[]): Promise<void>;
  /** The same; resolves with standard output. */
  output(command: string, ...args: string[]): Promise<string>;
  /** Is the command on the path? */
  has(command: string): boolean;
}

/** @param root another root than `/`, as with `dpkg --root` */
export function createMachine(root: string, env: Record<string, string | undefined>): Machine {
  const at = (file: string) => path.join(root, file);
  const read = (file: string) => {
    try {
      return readFileSync(at(file), 'utf8');
    } catch {
      return null;
    }
  };
  const lines = (file: string) => (read(file) ?? '').split('\n').map((line) => line.split(':'));
  const output = async (command: string, ...args: string[]): Promise<string> => {
    try {
      const options = { env: { ...env, PATH: folders().join(':') }, timeout: LONGEST };
      return (await execute(command, args, options)).stdout;
    } catch (error) {
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      const said = `${stdout}${stderr}`.trim().split('\n').slice(-6).join('\n');
      throw new SidecarError('install-failed', {
        detail: `${[command, ...args].join(' ')} failed: ${said || String((error as Error).message)}`,
      });
    }
  };
  const folders = () => (env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin').filter(Boolean);
  return {
    at,
    read,
    // A link counts by itself: under another root its target may be elsewhere.
    exists: (file) => lstatSync(at(file), { throwIfNoEntry: false }) !== undefined,
    groupId: (name) => {
      const id = lines('/etc/group').find(([known]) => known === name)?.[2];
      return id === undefined ? null : Number(id);
    },
    groupName: (id) => lines('/etc/group').find(([, , known]) => known === String(id))?.[0] ?? null,
    userId: (name) => {
      const id = lines('/etc/passwd').find(([known]) => known === name)?.[2];
      return id === undefined ? null : Number(id);
    },
    userName: (id) => lines('/etc/passwd').find(([, , known]) => known === String(id))?.[0] ?? null,
    hasUser: (name) => lines('/etc/passwd').some(([known]) => known === name),
    output,
    run: async (command, ...args) => void (await output(command, ...args)),
    has: (command) => folders().some((folder) => existsSync(path.join(folder, command))),
  };
}

export interface FileFacts {
  mode: number;
  /** The name of a group; if it does not exist, the file keeps its writer's group. */
  group?: string;
  /** Default: UTF-8. */
  encoding?: 'latin1';
}

/** Writes a file completely or not at all. Empty if the file already has this text. */
export function writeAction(machine: Machine, file: string, text: string, facts: FileFacts): Action[] {
  const content = Buffer.from(text, facts.encoding ?? 'utf8');
  if (machine.read(file) === content.toString('utf8')) return [];
  const what = `${machine.exists(file) ? 'change' : 'write'} ${machine.at(file)}`;
  return [
    {
      what,
      async run() {
        const target = machine.at(file);
        mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
        const part = `${target}.part`;
        rmSync(part, { force: true });
        writeFileSync(part, content, { mode: facts.mode });
        chmodSync(part, facts.mode);
        const gid = facts.group === undefined ? null : machine.groupId(facts.group);
        if (gid !== null && process.getuid?.() === 0) chownSync(part, 0, gid);
        renameSync(part, target);
      },
    },
  ];
}

/** Removes a file or folder. Empty if it does not exist. */
export function removeAction(machine: Machine, file: string): Action[] {
  if (!machine.exists(file)) return [];
  return [
    {
      what: `remove ${machine.at(file)}`,
      byHand: [`rm -r ${machine.at(file)}`],
      // rm(1) follows no link, even one that replaces a file meanwhile: the state folder belongs to the
      // service's user.
      run: () => machine.run('rm', '-rf', '--one-file-system', '--', machine.at(file)),
    },
  ];
}

/** Wraps a command as an action. */
export function commandAction(machine: Machine, command: string, ...args: string[]): Action {
  const line = [command, ...args].join(' ');
  return { what: `run ${line}`, byHand: [line], run: () => machine.run(command, ...args) };
}

/**
 * Combines changes with what makes them effective (a test, a reload). A marker file exists in between, so
 * that the next run recognises an interrupted one and continues it, instead of taking the files for a
 * complete installation.
 */
export function finished(machine: Machine, key: string, changes: Action[], finish: Action[]): Action[] {
  const marker = machine.at(`/etc/znuny-oauth2/.unfinished-${key}`);
  if (changes.length === 0 && !existsSync(marker)) return [];
  const begin = async () => {
    mkdirSync(path.dirname(marker), { recursive: true });
    writeFileSync(marker, '');
  };
  return [
    { what: '', run: begin },
    ...changes,
    ...finish,
    { what: '', run: async () => rmSync(marker, { force: true }) },
  ];
}
