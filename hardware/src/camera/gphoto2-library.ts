import { ABILITIES_WORDS, declareCalls, GphotoError, type Handle, handleFrom } from './gphoto2-calls.ts';

/**
 * libgphoto2's own functions, called directly: what the add-on has no safe call for (docs/decisions). Only a process of its
 * own may load this, as a call may block for ever or crash. What can wait for a camera is asynchronous, so that the process
 * still hears that nobody waits for it any more.
 *
 * Sources: the headers of libgphoto2 2.5 (gphoto2-camera.h, gphoto2-filesys.h, gphoto2-widget.h, gphoto2-abilities-list.h).
 */
export type CardPath = { folder: string; name: string };
/** `bytes` is undefined where the camera does not tell it. */
export type FileFacts = { bytes: number | undefined; modifiedAt: number };
export type Storage = { label: string; capacityKb: number; freeKb: number };
export type CameraEvent = { type: 'timeout' | 'complete' | 'other' } | { type: 'added'; path: CardPath };
export type Widget = {
  kind: 'text' | 'range' | 'toggle' | 'choice' | 'date' | 'other';
  /** Null where the camera gives none. */
  value: string | null;
  /** The allowed choices, or `FROM to TO in steps of STEP`. */
  choices: string[];
  readonly: boolean;
};

export type GphotoLibrary = ReturnType<typeof openGphotoLibrary>;
export type OpenCamera = Awaited<ReturnType<GphotoLibrary['open']>>;

const KINDS = ['other', 'other', 'text', 'range', 'toggle', 'choice', 'choice', 'other', 'date'] as const;
const EVENT = { timeout: 1, added: 2, complete: 4 };
const CAPTURE_IMAGE = 0;
const TYPE_NORMAL = 1;
const CHOICES_MAX = 500;
const BAD_PARAMETERS = -2;
/** `GP_FILE_INFO_SIZE` */
const FIELD_SIZE = 4;
/** The public part of `Camera` begins with its port and its file system: 64-bit pointers. */
const FILESYSTEM_AT = 8;

export function openGphotoLibrary(name = 'libgphoto2.so.6') {
  const calls = declareCalls(name);
  const ctx = calls.newContext() as Handle;

  function entries(list: Handle): { name: string; value: string }[] {
    return Array.from({ length: calls.listCount(list) }, (_, at) => ({
      name: textFrom((out) => calls.listName(list, at, out)) ?? '',
      value: textFrom((out) => calls.listValue(list, at, out)) ?? '',
    }));
  }

  function readWidget(widget: Handle): Widget {
    const kind = KINDS[numberFrom((out) => calls.widgetType(widget, out))] ?? 'other';
    const readonly = numberFrom((out) => calls.widgetReadonly(widget, out)) === 1;
    const choices: string[] = [];
    let value: string | null = null;
    if (kind === 'text' || kind === 'choice') value = textFrom((out) => calls.widgetText(widget, out));
    if (kind === 'toggle' || kind === 'date') value = String(numberFrom((out) => calls.widgetInt(widget, out)));
    if (kind === 'toggle') choices.push('0', '1');
    if (kind === 'choice') {
      const count = Math.min(calls.choiceCount(widget), CHOICES_MAX);
      for (let at = 0; at < count; at++) choices.push(textFrom((out) => calls.choiceAt(widget, at, out)) ?? '');
    }
    if (kind === 'range') {
      value = String(tidy(numberFrom((out) => calls.widgetFloat(widget, out))));
      const [from, to, step] = [[0], [0], [0]];
      calls.range(widget, from, to, step);
      choices.push(`${tidy(from[0] as number)} to ${tidy(to[0] as number)} in steps of ${tidy(step[0] as number)}`);
    }
    return { kind, value, choices, readonly };
  }

  function writeWidget(widget: Handle, kind: Widget['kind'], value: string): void {
    if (kind === 'text' || kind === 'choice') calls.setText(widget, value);
    else if (kind === 'range') calls.setFloat(widget, [Number(value)]);
    else calls.setInt(widget, [Number(value)]);
  }

  async function widgetOf(self: Handle, setting: string): Promise<Handle> {
    const out: (Handle | null)[] = [null];
    await calls.getConfig(self, setting, out, ctx);
    // Drivers that cannot read a setting may say that all is well and give none.
    if (!out[0]) throw new GphotoError('gp_camera_get_single_config', BAD_PARAMETERS);
    return out[0];
  }

  function opened(self: Handle) {
    return {
      /** The setting's widget; throws a GphotoError where the camera has none of that name. */
      async config(setting: string): Promise<Widget> {
        const widget = await widgetOf(self, setting);
        try {
          return readWidget(widget);
        } finally {
          calls.freeWidget(widget);
        }
      },
      async setConfig(setting: string, value: string): Promise<void> {
        const widget = await widgetOf(self, setting);
        try {
          writeWidget(widget, readWidget(widget).kind, value);
          await calls.setConfig(self, setting, widget, ctx);
        } finally {
          calls.freeWidget(widget);
        }
      },
      /** Releases the shutter; returns the first file that the camera tells. */
      async capture(): Promise<CardPath> {
        const path = { folder: '', name: '' };
        await calls.capture(self, CAPTURE_IMAGE, path, ctx);
        return path;
      },
      async nextEvent(limitMs: number): Promise<CameraEvent> {
        const [type, data]: [number[], (Handle | null)[]] = [[EVENT.timeout], [null]];
        await calls.waitForEvent(self, Math.max(1, Math.trunc(limitMs)), type, data, ctx);
        const about = data[0];
        try {
          if (type[0] === EVENT.added && about) return { type: 'added', path: calls.cardPathAt(about) };
        } finally {
          if (about) calls.free(about);
        }
        return { type: type[0] === EVENT.timeout ? 'timeout' : type[0] === EVENT.complete ? 'complete' : 'other' };
      },
      async files(folder: string): Promise<string[]> {
        const list = calls.newList();
        await calls.listFiles(self, folder, list, ctx);
        return entries(list).map(({ name: file }) => file);
      },
      async facts({ folder, name: file }: CardPath): Promise<FileFacts> {
        const info = { file: { fields: 0, size: 0, mtime: 0 } };
        await calls.fileFacts(self, folder, file, info, ctx);
        const { fields, size, mtime } = info.file;
        return { bytes: fields & FIELD_SIZE ? Number(size) : undefined, modifiedAt: Number(mtime) * 1000 };
      },
      /** Of a file that is fresh, the driver has made the time up: the card's own is asked for next time. */
      forgetFacts({ folder, name: file }: CardPath): void {
        calls.setInfoDirty(calls.handleAt(self, FILESYSTEM_AT), folder, file, ctx);
      },
      /** What lies on the card is listed anew next time: what was not really deleted is there again. */
      forgetListing(): void {
        calls.resetFilesystem(calls.handleAt(self, FILESYSTEM_AT));
      },
      /** Writes the file's bytes to `descriptor`, which libgphoto2 closes in any case. */
      async download({ folder, name: file }: CardPath, descriptor: number): Promise<void> {
        const target = handleFrom((out) => calls.newFile(out, descriptor));
        try {
          await calls.fileGet(self, folder, file, TYPE_NORMAL, target, ctx);
        } finally {
          calls.freeFile(target);
        }
      },
      async remove({ folder, name: file }: CardPath): Promise<void> {
        await calls.fileDelete(self, folder, file, ctx);
      },
      async storages(): Promise<Storage[]> {
        const [array, count]: [(Handle | null)[], number[]] = [[null], [0]];
        await calls.storages(self, array, count, ctx);
        if (!array[0] || !count[0]) return [];
        const all = calls.storagesAt(array[0], count[0]);
        return all.map((one) => ({
          label: String(one.label || one.description),
          capacityKb: Number(one.capacitykbytes),
          freeKb: Number(one.freekbytes),
        }));
      },
      async close(): Promise<void> {
        await calls.exit(self, ctx);
      },
    };
  }

  let known: { abilities: Handle; ports: Handle } | undefined;

  return {
    /** What is on the bus now. */
    async list(): Promise<{ model: string; port: string }[]> {
      known = { abilities: calls.newAbilities(), ports: calls.newPorts() };
      await calls.loadAbilities(known.abilities, ctx);
      await calls.loadPorts(known.ports);
      const found = calls.newList();
      await calls.detect(known.abilities, known.ports, found, ctx);
      return entries(found).map(({ name: model, value: port }) => ({ model, port }));
    },
    /** Takes hold of a camera that was listed: nobody else can use it until it is closed, or this process ends. */
    async open({ model, port }: { model: string; port: string }) {
      if (!known) throw new Error('open a camera: it must have been listed before');
      const able = { words: new Uint32Array(ABILITIES_WORDS) };
      calls.getAbilities(known.abilities, calls.lookUpModel(known.abilities, model), able);
      const self = calls.newCamera();
      calls.setAbilities(self, able);
      const { ports } = known;
      calls.setPort(
        self,
        handleFrom((out) => calls.getPort(ports, calls.lookUpPort(ports, port), out)),
      );
      await calls.init(self, ctx);
      return opened(self);
    },
  };
}

function textFrom(call: (out: (string | null)[]) => unknown): string | null {
  const out: (string | null)[] = [null];
  call(out);
  return out[0] ?? null;
}

function numberFrom(call: (out: number[]) => unknown): number {
  const out = [0];
  call(out);
  return out[0] as number;
}

/** A number of 32 bits as people write it. */
const tidy = (value: number): number => Number(value.toPrecision(6));
