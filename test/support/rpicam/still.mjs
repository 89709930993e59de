// Stands for rpicam-still: the same options, refused in the same words, and the faults of a real camera. It "takes" the JPEG and the DNG
// of the folder that STAND_IN names, notes its arguments there, and behaves as the file "fault" there says.
//
// Source of the options: rpicam-apps 1.5, core/options.cpp and core/still_options.hpp (boost::program_options).
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FLAGS = [
  'help,h',
  'version',
  'list-cameras',
  'nopreview,n',
  'fullscreen,f',
  'qt-preview',
  'hflip',
  'vflip',
  'flush',
  'no-raw',
  'datetime',
  'timestamp',
  'keypress,k',
  'signal,s',
  'raw,r',
  'immediate',
  'autofocus-on-capture',
  'zsl',
];
const VALUED = {
  camera: 'unsigned',
  verbose: 'unsigned',
  config: 'text',
  'info-text': 'text',
  width: 'unsigned',
  height: 'unsigned',
  timeout: 'text',
  output: 'text',
  'post-process-file': 'text',
  preview: 'text',
  rotation: 'int',
  roi: 'text',
  shutter: 'text',
  analoggain: 'float',
  gain: 'float',
  metering: 'text',
  exposure: 'text',
  ev: 'float',
  awb: 'text',
  awbgains: 'text',
  wrap: 'unsigned',
  brightness: 'float',
  contrast: 'float',
  saturation: 'float',
  sharpness: 'float',
  framerate: 'float',
  denoise: 'text',
  'viewfinder-width': 'unsigned',
  'viewfinder-height': 'unsigned',
  'tuning-file': 'text',
  'lores-width': 'unsigned',
  'lores-height': 'unsigned',
  mode: 'text',
  'viewfinder-mode': 'text',
  'buffer-count': 'unsigned',
  'viewfinder-buffer-count': 'unsigned',
  'autofocus-mode': 'text',
  'autofocus-range': 'text',
  'autofocus-speed': 'text',
  'autofocus-window': 'text',
  'lens-position': 'text',
  hdr: 'text',
  metadata: 'text',
  'metadata-format': 'text',
  'flicker-period': 'text',
  quality: 'int',
  exif: 'text',
  timelapse: 'text',
  framestart: 'unsigned',
  restart: 'unsigned',
  thumb: 'text',
  encoding: 'text',
  latest: 'text',
};
const LETTERS = {
  v: 'verbose',
  c: 'config',
  t: 'timeout',
  o: 'output',
  p: 'preview',
  q: 'quality',
  x: 'exif',
  e: 'encoding',
};
const flags = new Map(FLAGS.map((flag) => flag.split(',')).map(([name, letter]) => [name, letter]));
const MANY = new Set(['exif']);
const NUMBERS = { unsigned: /^\d+$/, int: /^-?\d+$/, float: /^-?\d+(\.\d+)?$/, text: /^/ };
const WORDS = {
  exposure: ['normal', 'sport', 'short', 'long', 'custom'],
  metering: ['centre', 'spot', 'average', 'matrix', 'custom'],
  awb: ['auto', 'normal', 'incandescent', 'tungsten', 'fluorescent', 'indoor', 'daylight', 'cloudy', 'custom'],
};

const control = process.env.STAND_IN;
const faultFile = join(control, 'fault');
const [fault, detail] = existsSync(faultFile) ? readFileSync(faultFile, 'utf8').split(' ') : ['none'];

function fail(text) {
  process.stderr.write(`ERROR: *** ${text} ***\n`);
  process.exit(255);
}

function fullName(name) {
  const all = [...flags.keys(), ...Object.keys(VALUED)];
  if (all.includes(name)) return name;
  const begun = all.filter((one) => one.startsWith(name));
  if (begun.length > 1) fail(`option '--${name}' is ambiguous`);
  return begun[0] ?? fail(`unrecognised option '--${name}'`);
}

function parse(args) {
  const options = new Map();
  const put = (name, value) => {
    if (options.has(name) && !MANY.has(name)) fail(`option '--${name}' cannot be specified more than once`);
    const type = VALUED[name];
    if (type && !NUMBERS[type].test(value)) fail(`the argument ('${value}') for option '--${name}' is invalid`);
    options.set(name, value);
  };
  for (let at = 0; at < args.length; at++) {
    const [, long, inside] = /^--([^=]+)(?:=(.*))?$/s.exec(args[at]) ?? [];
    const [, letter, rest] = /^-([a-z])(.*)$/s.exec(args[at]) ?? [];
    if (long === undefined && letter === undefined)
      fail('too many positional options have been specified on the command line');
    const name =
      long === undefined ? (LETTERS[letter] ?? [...flags].find(([, one]) => one === letter)?.[0]) : fullName(long);
    if (name === undefined) fail(`unrecognised option '-${letter}'`);
    if (flags.has(name)) put(name, true);
    else {
      const value = inside ?? (rest || args[++at]);
      if (value === undefined) fail(`the required argument for option '--${name}' is missing`);
      put(name, value);
    }
  }
  return options;
}

const args = process.argv.slice(2);
appendFileSync(join(control, 'runs'), `${JSON.stringify({ pid: process.pid, args })}\n`);
const options = parse(args);
const rotation = Number(options.get('rotation') ?? 0);
if (![0, 90, 180, 270].includes(rotation)) fail('illegal rotation value');
if (rotation % 180 !== 0) fail('transforms requiring transpose not supported');
for (const [name, words] of Object.entries(WORDS)) {
  if (options.has(name) && !words.includes(options.get(name))) fail(`Invalid ${name} mode: ${options.get(name)}`);
}
if (options.has('awbgains') && !/^[\d.]+,[\d.]+$/.test(options.get('awbgains'))) fail('Invalid AWB gains');

process.stderr.write('[0:10:00.100000000] [1000]  INFO Camera camera_manager.cpp:325 libcamera v0.3.2\n');
if (fault === 'absent' || Number(options.get('camera') ?? 0) > 1) {
  fail(fault === 'absent' ? 'no cameras available' : 'selected camera is not available');
}
process.stderr.write(
  '[0:10:00.200000000] [1001]  INFO RPI vc4.cpp:447 Registered camera /base/soc/i2c0mux/i2c@1/imx708@1a to Unicam device /dev/media1 and ISP device /dev/media2\n',
);
if (fault === 'busy') {
  process.stderr.write(
    '[0:10:00.300000000] [1000]  INFO Camera camera.cpp:1031 Pipeline handler in use by another process\n',
  );
  fail('failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a');
}
if (fault === 'memory') fail('failed to allocate capture buffers for stream');
if (fault === 'crash') process.kill(process.pid, 'SIGSEGV');
if (fault === 'exit') {
  process.stderr.write('terminate called: the sensor went away\n');
  process.exit(1);
}
if (fault === 'no-frames') {
  process.stderr.write('ERROR: Device timeout detected, attempting a restart!!!\n');
}
if (fault === 'hang' || fault === 'no-frames') setInterval(() => undefined, 1_000_000);
else if (fault === 'slow') setTimeout(take, Number(detail));
else take();

function take() {
  // As the program does: the output is a pattern for printf, cut to the buffer it is written into.
  const output = options
    .get('output')
    .replace(/%0?\d*d/, '0')
    .slice(0, 127);
  const jpeg = readFileSync(join(control, 'picture.jpg'));
  process.stderr.write('Still capture image received\n');
  writeFileSync(output, fault === 'empty' ? '' : fault === 'half' ? jpeg.subarray(0, jpeg.length / 2) : jpeg);
  if (options.has('raw') && fault !== 'no-raw') {
    writeFileSync(`${output.slice(0, output.lastIndexOf('.'))}.dng`, readFileSync(join(control, 'picture.dng')));
  }
  process.exit(0);
}
