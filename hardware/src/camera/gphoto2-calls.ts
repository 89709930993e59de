import koffi, { type TypeObject } from 'koffi';

/** An address in this process. */
export type Handle = bigint;
type Parameter = string | TypeObject | ReturnType<typeof koffi.out>;

/** A call that libgphoto2 has answered with one of its negative numbers. */
export class GphotoError extends Error {
  readonly number: number;
  constructor(call: string, number: number) {
    super(`${call}: libgphoto2 ${number}`);
    this.number = number;
  }
}

/** `CameraAbilities` goes through our hands as it is: 626 words of 32 bits. */
export const ABILITIES_WORDS = 626;

/**
 * The functions of libgphoto2 that are used, declared by its headers (libgphoto2 2.5: gphoto2-camera.h, gphoto2-filesys.h,
 * gphoto2-widget.h, gphoto2-abilities-list.h). What can wait for a camera is asynchronous.
 */
export function declareCalls(name: string) {
  const lib = koffi.load(name);
  const abilities = koffi.struct({ words: koffi.array('uint32_t', ABILITIES_WORDS, 'Typed') });
  const cardPath = koffi.struct({ name: koffi.array('char', 128), folder: koffi.array('char', 1024) });
  const preview = { fields: 'int', status: 'int', size: 'uint64_t', type: koffi.array('char', 64) };
  const sized = { ...preview, width: 'uint32_t', height: 'uint32_t' };
  const fileInfo = koffi.struct({
    preview: koffi.struct(sized),
    file: koffi.struct({ ...sized, permissions: 'int', mtime: 'int64_t' }),
    audio: koffi.struct(preview),
  });
  const text256 = koffi.array('char', 256);
  const storageInfo = koffi.struct({
    fields: 'int',
    basedir: text256,
    label: text256,
    description: text256,
    type: 'int',
    fstype: 'int',
    access: 'int',
    capacitykbytes: 'uint64_t',
    freekbytes: 'uint64_t',
    freeimages: 'uint64_t',
  });
  const handleOut = koffi.out(koffi.pointer('void *'));
  const textOut = koffi.out(koffi.pointer('str'));
  const intOut = koffi.out(koffi.pointer('int'));
  const floatOut = koffi.out(koffi.pointer('float'));
  const camera = 'void *';
  const context = 'void *';

  /** A call that answers at once: it throws what libgphoto2 refuses. */
  function quick(call: string, parameters: Parameter[]) {
    const f = lib.func(call, 'int', parameters);
    return (...values: unknown[]): number => checked(call, f(...values) as number);
  }
  /** A call that may wait for the camera. */
  function slow(call: string, parameters: Parameter[]) {
    const f = lib.func(call, 'int', parameters);
    return (...values: unknown[]): Promise<number> =>
      new Promise((resolve, reject) => {
        f.async(...values, (failure: Error | null, result: number) => {
          if (failure) reject(failure);
          else if (result < 0) reject(new GphotoError(call, result));
          else resolve(result);
        });
      });
  }
  const allocated = (call: string) => {
    const make = quick(call, [handleOut]);
    return (): Handle => handleFrom((out) => make(out));
  };

  const newList = allocated('gp_list_new');
  const listCount = quick('gp_list_count', ['void *']);
  const listName = quick('gp_list_get_name', ['void *', 'int', textOut]);
  const listValue = quick('gp_list_get_value', ['void *', 'int', textOut]);
  const newAbilities = allocated('gp_abilities_list_new');
  const loadAbilities = slow('gp_abilities_list_load', ['void *', context]);
  const detect = slow('gp_abilities_list_detect', ['void *', 'void *', 'void *', context]);
  const lookUpModel = quick('gp_abilities_list_lookup_model', ['void *', 'str']);
  const getAbilities = quick('gp_abilities_list_get_abilities', ['void *', 'int', koffi.out(koffi.pointer(abilities))]);
  const newPorts = allocated('gp_port_info_list_new');
  const loadPorts = slow('gp_port_info_list_load', ['void *']);
  const lookUpPort = quick('gp_port_info_list_lookup_path', ['void *', 'str']);
  const getPort = quick('gp_port_info_list_get_info', ['void *', 'int', handleOut]);
  const newContext = lib.func('gp_context_new', 'void *', []);
  const newCamera = allocated('gp_camera_new');
  const setAbilities = quick('gp_camera_set_abilities', [camera, abilities]);
  const setPort = quick('gp_camera_set_port_info', [camera, 'void *']);
  const init = slow('gp_camera_init', [camera, context]);
  const exit = slow('gp_camera_exit', [camera, context]);
  const getConfig = slow('gp_camera_get_single_config', [camera, 'str', handleOut, context]);
  const setConfig = slow('gp_camera_set_single_config', [camera, 'str', 'void *', context]);
  const capture = slow('gp_camera_capture', [camera, 'int', koffi.out(koffi.pointer(cardPath)), context]);
  const waitForEvent = slow('gp_camera_wait_for_event', [camera, 'int', intOut, handleOut, context]);
  const listFiles = slow('gp_camera_folder_list_files', [camera, 'str', 'void *', context]);
  const fileFacts = slow('gp_camera_file_get_info', [
    camera,
    'str',
    'str',
    koffi.out(koffi.pointer(fileInfo)),
    context,
  ]);
  const fileGet = slow('gp_camera_file_get', [camera, 'str', 'str', 'int', 'void *', context]);
  const fileDelete = slow('gp_camera_file_delete', [camera, 'str', 'str', context]);
  const storages = slow('gp_camera_get_storageinfo', [camera, handleOut, intOut, context]);
  const setInfoDirty = quick('gp_filesystem_set_info_dirty', ['void *', 'str', 'str', context]);
  const resetFilesystem = quick('gp_filesystem_reset', ['void *']);
  const newFile = quick('gp_file_new_from_fd', [handleOut, 'int']);
  const freeFile = quick('gp_file_free', ['void *']);
  const freeWidget = quick('gp_widget_free', ['void *']);
  const widgetType = quick('gp_widget_get_type', ['void *', intOut]);
  const widgetReadonly = quick('gp_widget_get_readonly', ['void *', intOut]);
  const widgetText = quick('gp_widget_get_value', ['void *', textOut]);
  const widgetInt = quick('gp_widget_get_value', ['void *', intOut]);
  const widgetFloat = quick('gp_widget_get_value', ['void *', floatOut]);
  const setText = quick('gp_widget_set_value', ['void *', 'str']);
  const setInt = quick('gp_widget_set_value', ['void *', koffi.pointer('int')]);
  const setFloat = quick('gp_widget_set_value', ['void *', koffi.pointer('float')]);
  const choiceCount = quick('gp_widget_count_choices', ['void *']);
  const choiceAt = quick('gp_widget_get_choice', ['void *', 'int', textOut]);
  const range = quick('gp_widget_get_range', ['void *', floatOut, floatOut, floatOut]);
  const free = koffi.load('libc.so.6').func('free', 'void', ['void *']);

  return {
    newList,
    listCount,
    listName,
    listValue,
    newAbilities,
    loadAbilities,
    detect,
    lookUpModel,
    getAbilities,
    newPorts,
    loadPorts,
    lookUpPort,
    getPort,
    newContext,
    newCamera,
    setAbilities,
    setPort,
    init,
    exit,
    getConfig,
    setConfig,
    capture,
    waitForEvent,
    listFiles,
    fileFacts,
    fileGet,
    fileDelete,
    storages,
    setInfoDirty,
    resetFilesystem,
    newFile,
    freeFile,
    freeWidget,
    widgetType,
    widgetReadonly,
    widgetText,
    widgetInt,
    widgetFloat,
    setText,
    setInt,
    setFloat,
    choiceCount,
    choiceAt,
    range,
    free,
    cardPathAt: (at: Handle) => koffi.decode(at, cardPath) as { folder: string; name: string },
    storagesAt: (at: Handle, count: number) => koffi.decode(at, storageInfo, count) as Record<string, unknown>[],
    handleAt: (at: Handle, offset: number) => koffi.decode(at, offset, 'void *') as Handle,
  };
}

function checked(call: string, result: number): number {
  if (result < 0) throw new GphotoError(call, result);
  return result;
}

export function handleFrom(call: (out: (Handle | null)[]) => unknown): Handle {
  const out: (Handle | null)[] = [null];
  call(out);
  return out[0] as Handle;
}
