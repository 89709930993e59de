import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { readConfig } from '@vigie/shared/kit/yaml-config';
import { z } from 'zod';

/** A board's header, as a file of `hardware/boards` tells it. */
const boardFile = z.strictObject({
  name: z.string().min(1).max(80),
  /** How the board names itself in /proc/device-tree/model: the beginning of that text. */
  models: z.array(z.string().min(1)).default([]),
  /** The label of the chip whose lines these are. */
  chip: z.string().min(1).max(32),
  limits: z.strictObject({
    levelVolts: z.number().positive(),
    lineMilliamps: z.number().positive(),
    linesMilliamps: z.number().positive(),
    pullKiloohms: z.number().positive().optional(),
  }),
  lines: z
    .array(
      z.strictObject({
        line: z.int().min(0).max(1023),
        name: z.string().min(1).max(32),
        /** Its place on the header. */
        pin: z.int().min(1).max(200).optional(),
        /** The pull after a reset. */
        pull: z.enum(['up', 'down', 'none']).default('none'),
        /** Why nothing else may be connected to it. */
        reserved: z.string().max(120).optional(),
        /** What else the line is used for on some machines. */
        shared: z.string().max(120).optional(),
      }),
    )
    .min(1),
});
export type Board = z.infer<typeof boardFile>;
export type BoardLine = Board['lines'][number];

const BOARDS = join(import.meta.dirname, '../../boards');

/** The boards that are known, by the names of their files. */
export const boardNames = (folder = BOARDS): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

/** Throws a ConfigError for a file that does not say what a board must. */
export const readBoardFile = (file: string): Board => readConfig(file, boardFile);
export const knownBoard = (name: string, folder = BOARDS): Board => readBoardFile(join(folder, `${name}.yaml`));

/** The board that this machine says it is; a VigieError `gpio-board` where it is none that is known. */
export function boardOfThisMachine(modelFile = '/proc/device-tree/model', folder = BOARDS): Board {
  const model = modelIn(modelFile);
  const boards = boardNames(folder).map((name) => knownBoard(name, folder));
  const board = boards.find(({ models }) => models.some((known) => model?.startsWith(known)));
  if (board) return board;
  const said = model === undefined ? 'it does not say' : `it says ${JSON.stringify(model)}`;
  throw new VigieError(
    'gpio-board',
    `find out this machine's board: ${said}; ${boardNames(folder).join(', ')} are known`,
    {
      hint: 'Set "gpio.board" to one of these, or "gpio.boardFile" to a file like those in hardware/boards.',
    },
  );
}

/**
 * The line that a configuration names: `GPIO17`, or `pin 11` by its place on the header. A VigieError `gpio-line` for one that the board
 * does not have or does not give away.
 */
export function lineOf(board: Board, named: string): BoardLine {
  const pin = /^pin (\d+)$/i.exec(named)?.[1];
  const line = board.lines.find((l) => (pin === undefined ? l.name === named : l.pin === Number(pin)));
  const free = () =>
    board.lines
      .filter((l) => l.reserved === undefined)
      .map((l) => l.name)
      .join(', ');
  if (line === undefined) {
    throw new VigieError('gpio-line', `line "${named}" of ${board.name}: there is none; ${free()} are allowed`);
  }
  if (line.reserved !== undefined) {
    throw new VigieError(
      'gpio-line',
      `line "${named}" of ${board.name}: reserved ${line.reserved}; ${free()} are allowed`,
    );
  }
  return line;
}

function modelIn(file: string): string | undefined {
  try {
    // The device tree ends its texts with a NUL.
    return readFileSync(file, 'utf8').replace(/\0.*$/s, '').trim();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}
