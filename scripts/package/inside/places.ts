/**
 * What the code of a packed program finds instead of its own place: esbuild puts these in. Each is a folder or a file of the unpacked
 * contents, which are unpacked when the first of them is asked for.
 */
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { type Contents, placesToUnpack, unpack } from './unpack.ts';

export const CONTENTS = 'contents.json';

let root: string | undefined;

function unpacked(): string {
  if (root !== undefined) return root;
  const contents = JSON.parse(getAsset(CONTENTS, 'utf8')) as Contents;
  const uid = process.geteuid?.() ?? 0;
  const places = placesToUnpack(process.env, tmpdir(), uid);
  root = unpack(contents, (path) => new Uint8Array(getRawAsset(path)), { places, uid, now: Date.now() });
  return root;
}

export const __fileOf = (place: string): string => join(unpacked(), place);
export const __folderOf = (place: string): string => dirname(__fileOf(place));
export const __urlOf = (place: string): string => pathToFileURL(__fileOf(place)).href;

/** Libraries ask for their place at their start, and go by it for what has been replaced here. */
export const __nowhere = 'file:///';
export const __nowhereFolder = '/';

export function __loadAddOn(file: string): unknown {
  const loaded = { exports: {} };
  process.dlopen(loaded, __fileOf(`add-ons/${file}`));
  return loaded.exports;
}
