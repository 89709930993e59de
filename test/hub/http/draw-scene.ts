import sharp from 'sharp';

/** A landscape as a camera sees it at that hour (0–24): hills, a lake, a sky. The same arguments draw the same picture. */
export async function drawScene(seed: number, hour: number, width: number): Promise<Buffer> {
  const height = Math.round((width * 2) / 3);
  const light = Math.max(0, Math.sin(((hour - 5) / 15) * Math.PI));
  const dusk = Math.max(0, 1 - Math.abs(light - 0.3) * 4);
  const mix = (night: number[], day: number[]) =>
    `rgb(${night.map((n, i) => Math.round(n + ((day[i] as number) - n) * light + dusk * (i === 0 ? 60 : 5))).join(',')})`;
  const noise = (i: number) => Math.sin(seed * 12.9898 + i * 78.233) * 0.5 + 0.5;
  const ridge = (base: number, rise: number, shift: number) => {
    const points = Array.from({ length: 13 }, (_, i) => {
      const y = base - rise * (noise(i + shift) * 0.7 + noise(i * 2 + shift) * 0.3);
      return `${((width * i) / 12).toFixed(0)},${(height * y).toFixed(0)}`;
    });
    return `<polygon points="0,${height} ${points.join(' ')} ${width},${height}"`;
  };
  const sunX = width * Math.min(0.95, Math.max(0.05, (hour - 5) / 15));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="${mix([8, 12, 32], [78, 146, 214])}"/>
      <stop offset="1" stop-color="${mix([28, 30, 58], [214, 232, 244])}"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${sunX}" cy="${height * (0.62 - 0.45 * light)}" r="${height * 0.05}" fill="${mix([210, 214, 230], [255, 244, 200])}"/>
    ${ridge(0.62, 0.38, seed)} fill="${mix([26, 28, 48], [132, 150, 172])}"/>
    ${ridge(0.72, 0.3, seed + 7)} fill="${mix([18, 22, 34], [84, 112, 104])}"/>
    <rect y="${height * 0.78}" width="100%" height="${height * 0.22}" fill="${mix([12, 18, 36], [70, 120, 150])}"/>
    ${ridge(1.02, 0.26, seed + 19)} fill="${mix([8, 12, 14], [44, 74, 44])}"/>
  </svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 70 }).toBuffer();
}
