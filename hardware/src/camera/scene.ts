import { createHash } from 'node:crypto';
import type { LocalTime } from '@vigie/shared/kit/zone';

export type SceneView = { width: number; height: number; local: LocalTime; source: string };

/**
 * A landscape as SVG without text: sky, sun or moon, clouds, hills and a lookout tower. The hour changes its light, the minute
 * moves the clouds, the source's name shapes its hills. The same view gives the same picture.
 */
export function scene({ width: w, height: h, local, source }: SceneView): string {
  const hour = local.hour + local.minute / 60 + local.second / 3600;
  const random = numbers(source);
  const light = lightAt(hour);
  const day = local.year * 372 + local.month * 31 + local.day;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}"><defs>`,
    gradient('sky', [light.zenith, light.middle, light.horizon]),
    `<radialGradient id="glow"><stop offset="0" stop-color="${hex(light.sun)}" stop-opacity=".75"/>`,
    `<stop offset="1" stop-color="${hex(light.sun)}" stop-opacity="0"/></radialGradient>`,
    '<radialGradient id="lamp"><stop offset="0" stop-color="#ffd678" stop-opacity=".6"/>',
    '<stop offset="1" stop-color="#ffd678" stop-opacity="0"/></radialGradient>',
    gradient('lake', [mix(light.horizon, light.hill, 0.35), mix(light.zenith, light.hill, 0.5)]),
    `</defs><rect width="${w}" height="${h}" fill="url(#sky)"/>`,
    stars(w, h, light.night, numbers(`${source} stars`)),
    moonOrSun(w, h, hour, light),
    clouds(w, h, hour + day * 5, light, numbers(`${source} clouds`)),
  ];
  const at = 0.58 + 0.3 * random();
  const layers = 4;
  for (let layer = 0; layer < layers; layer++) {
    const depth = (layer + 1) / layers;
    if (layer === layers - 1) {
      parts.push(`<rect y="${h * 0.8}" width="${w}" height="${h * 0.2}" fill="url(#lake)"/>`);
      parts.push(glitter(w, h, hour, light, random));
    }
    const base = h * (0.6 + 0.1 * layer);
    const ridge = ridgeLine(w, h, base, depth, random);
    parts.push(`<path d="${ridge.path}" fill="${hex(mix(light.horizon, light.hill, 0.25 + 0.72 * depth))}"/>`);
    if (layer === 2) parts.push(tower(w, h, at, ridge.heightAt(at), light));
  }
  parts.push('</svg>');
  return parts.join('');
}

type Colour = readonly [number, number, number];
type Light = { zenith: Colour; middle: Colour; horizon: Colour; hill: Colour; sun: Colour; night: number };

const KEYS: readonly [hour: number, Light][] = [
  [0, light([8, 12, 32], [16, 24, 54], [34, 44, 78], [8, 12, 20], [214, 222, 240], 1)],
  [4.8, light([14, 20, 48], [40, 46, 88], [96, 80, 110], [12, 16, 26], [214, 222, 240], 0.8)],
  [6.3, light([64, 96, 158], [214, 150, 140], [255, 196, 130], [36, 44, 50], [255, 214, 140], 0.1)],
  [8.5, light([74, 140, 214], [146, 192, 232], [226, 236, 236], [44, 76, 58], [255, 244, 200], 0)],
  [13, light([52, 122, 208], [128, 184, 234], [212, 232, 242], [52, 92, 62], [255, 250, 226], 0)],
  [17.5, light([78, 130, 198], [174, 190, 206], [246, 224, 184], [58, 80, 54], [255, 236, 176], 0)],
  [19.6, light([72, 72, 138], [220, 122, 110], [255, 168, 92], [38, 36, 44], [255, 190, 110], 0.05)],
  [21.2, light([18, 24, 60], [52, 52, 98], [110, 84, 112], [16, 18, 30], [230, 226, 236], 0.7)],
  [24, light([8, 12, 32], [16, 24, 54], [34, 44, 78], [8, 12, 20], [214, 222, 240], 1)],
];

function light(zenith: Colour, middle: Colour, horizon: Colour, hill: Colour, sun: Colour, night: number): Light {
  return { zenith, middle, horizon, hill, sun, night };
}

function lightAt(hour: number): Light {
  const next = Math.max(
    1,
    KEYS.findIndex(([at]) => at >= hour),
  );
  const [from, a] = KEYS[next - 1] as [number, Light];
  const [to, b] = KEYS[next] as [number, Light];
  const share = (hour - from) / (to - from);
  const blend = (key: 'zenith' | 'middle' | 'horizon' | 'hill' | 'sun') => mix(a[key], b[key], share);
  return {
    zenith: blend('zenith'),
    middle: blend('middle'),
    horizon: blend('horizon'),
    hill: blend('hill'),
    sun: blend('sun'),
    night: a.night + (b.night - a.night) * share,
  };
}

const SUNRISE = 5.8;
const SUNSET = 20.2;

/** Where the sun or the moon stands: it rises on the left and sets on the right. */
function bodyAt(w: number, h: number, hour: number) {
  const isDay = hour >= SUNRISE && hour <= SUNSET;
  const night = 24 - (SUNSET - SUNRISE);
  const share = isDay ? (hour - SUNRISE) / (SUNSET - SUNRISE) : ((hour - SUNSET + 24) % 24) / night;
  return { isDay, x: w * (0.08 + 0.84 * share), y: h * (0.66 - 0.52 * Math.sin(Math.PI * share)) };
}

function moonOrSun(w: number, h: number, hour: number, { sun, zenith }: Light): string {
  const { isDay, x, y } = bodyAt(w, h, hour);
  const r = h * (isDay ? 0.05 : 0.038);
  const glow = `<circle cx="${x}" cy="${y}" r="${r * (isDay ? 6 : 4)}" fill="url(#glow)" opacity="${isDay ? 1 : 0.45}"/>`;
  const disc = `<circle cx="${x}" cy="${y}" r="${r}" fill="${hex(sun)}"/>`;
  const shade = `<circle cx="${x + r * 0.45}" cy="${y - r * 0.12}" r="${r * 0.88}" fill="${hex(zenith)}" opacity=".88"/>`;
  return glow + disc + (isDay ? '' : shade);
}

function stars(w: number, h: number, night: number, random: () => number): string {
  if (night < 0.05) return '';
  let circles = '';
  for (let i = 0; i < 140; i++) {
    const size = h * (0.0006 + 0.0014 * random() ** 3);
    const [x, y] = [random() * w, random() ** 1.4 * h * 0.62];
    circles += `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(2)}" opacity="${(0.3 + 0.7 * random()).toFixed(2)}"/>`;
  }
  return `<g fill="#fff" opacity="${night.toFixed(2)}">${circles}</g>`;
}

/** Clouds drift with the hours and come in again on the other side. */
function clouds(w: number, h: number, hours: number, { horizon, night, sun }: Light, random: () => number): string {
  let groups = '';
  for (let i = 0; i < 6; i++) {
    const scale = h * (0.05 + 0.06 * random());
    const speed = 0.1 + 0.12 * random();
    const x = (((random() + hours * speed) % 1.4) - 0.2) * w;
    const y = h * (0.08 + 0.34 * random());
    let puffs = `<ellipse rx="${scale * 2}" ry="${scale * 0.34}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}"/>`;
    for (let j = 0; j < 4; j++) {
      const cx = x + (j - 1.5) * scale * 0.8 + (random() - 0.5) * scale * 0.5;
      const r = scale * (0.36 + 0.3 * random());
      puffs += `<ellipse cx="${cx.toFixed(1)}" cy="${(y - r * 0.45).toFixed(1)}" rx="${(r * 1.25).toFixed(1)}" ry="${r.toFixed(1)}"/>`;
    }
    groups += `<g opacity="${(0.35 + 0.4 * random() - 0.3 * night).toFixed(2)}">${puffs}</g>`;
  }
  return `<g fill="${hex(mix(mix([255, 255, 255], sun, 0.3), horizon, 0.2 + 0.6 * night))}">${groups}</g>`;
}

function ridgeLine(w: number, h: number, base: number, depth: number, random: () => number) {
  const waves = [1.2, 2.7, 5.3, 11.9].map((frequency, i) => ({
    frequency: frequency * (0.8 + 0.5 * random()),
    phase: random() * 7,
    height: (h * 0.085 * (1.15 - 0.45 * depth)) / (i + 1) ** 1.25,
  }));
  const heightAt = (share: number) =>
    waves.reduce((y, { frequency, phase, height }) => y - height * Math.sin(frequency * share * 6 + phase), base);
  let path = `M0 ${h}`;
  for (let i = 0; i <= 96; i++) path += `L${((i / 96) * w).toFixed(1)} ${heightAt(i / 96).toFixed(1)}`;
  return { path: `${path}L${w} ${h}Z`, heightAt };
}

/** The lookout: its lamp is lit at night. */
function tower(w: number, h: number, share: number, ground: number, { hill, night }: Light): string {
  const x = w * share;
  const u = h * 0.011;
  const top = ground - 11 * u;
  const lamp = hex(mix(mix(hill, [180, 205, 220], 0.6), [255, 214, 120], night));
  const body = `<path d="M${x - u} ${top}L${x + u} ${top}L${x + 1.7 * u} ${ground + 3 * u}L${x - 1.7 * u} ${ground + 3 * u}Z"/>`;
  const cabin = `<path d="M${x - 2.2 * u} ${top}h${4.4 * u}v${-0.5 * u}h${-0.5 * u}v${-2 * u}h${0.7 * u}L${x} ${top - 4.4 * u}L${x - 2.4 * u} ${top - 2.5 * u}h${0.7 * u}v${2 * u}h${-0.5 * u}Z"/>`;
  const window = `<rect x="${x - 1.3 * u}" y="${top - 2.1 * u}" width="${2.6 * u}" height="${1.2 * u}" fill="${lamp}"/>`;
  const shine = `<circle cx="${x}" cy="${top - 1.5 * u}" r="${9 * u}" fill="url(#lamp)" opacity="${night.toFixed(2)}"/>`;
  return `${shine}<g fill="${hex(mix(hill, [0, 0, 0], 0.35))}">${body}${cabin}</g>${window}`;
}

/** What the lake gives back of the sun or the moon. */
function glitter(w: number, h: number, hour: number, { sun }: Light, random: () => number): string {
  const { x } = bodyAt(w, h, hour);
  let lines = '';
  for (let i = 0; i < 14; i++) {
    const y = h * (0.81 + 0.012 * i);
    const length = w * (0.015 + 0.004 * i) * (0.6 + 0.8 * random());
    const from = x - length / 2 + (random() - 0.5) * w * 0.02;
    lines += `<rect x="${from.toFixed(1)}" y="${y.toFixed(1)}" width="${length.toFixed(1)}" height="${(h * 0.003).toFixed(1)}" rx="${(h * 0.0015).toFixed(1)}"/>`;
  }
  return `<g fill="${hex(sun)}" opacity=".5">${lines}</g>`;
}

function gradient(id: string, colours: Colour[]): string {
  const end = id === 'sky' ? '0.75' : '1';
  const stops = colours.map((colour, i) => `<stop offset="${i / (colours.length - 1)}" stop-color="${hex(colour)}"/>`);
  return `<linearGradient id="${id}" x2="0" y2="${end}">${stops.join('')}</linearGradient>`;
}

function mix(a: Colour, b: Colour, share: number): Colour {
  return [0, 1, 2].map((i) => (a[i] as number) + ((b[i] as number) - (a[i] as number)) * share) as unknown as Colour;
}

function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** Numbers in [0, 1) that a text decides. */
function numbers(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
