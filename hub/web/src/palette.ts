import type { MantineColorsTuple } from '@mantine/core';

/** The brand's own colour: deep sea green. */
export const lagoon: MantineColorsTuple = [
  '#e8f8f5',
  '#d3efea',
  '#a5dfd5',
  '#73cdbf',
  '#4abeac',
  '#30b39f',
  '#1fa594',
  '#0f8578',
  '#0b6f65',
  '#075850',
];

/** The lamp: warm accent for what wants attention. */
export const lamp: MantineColorsTuple = [
  '#fff5e2',
  '#fee9c9',
  '#fbd193',
  '#f7b85a',
  '#f4a534',
  '#f0971c',
  '#dd8510',
  '#b76a07',
  '#935405',
  '#6f3f03',
];

/** Failures. */
export const coral: MantineColorsTuple = [
  '#fff0ee',
  '#fddfdb',
  '#f7bcb4',
  '#f1958a',
  '#eb7365',
  '#e65c4c',
  '#db4736',
  '#c03526',
  '#a12a1d',
  '#7f2117',
];

/** Neutral greys with a breath of sea, for light surfaces. */
export const mist: MantineColorsTuple = [
  '#f6f9f9',
  '#eef3f3',
  '#e1e9e9',
  '#d0dbdb',
  '#b3c2c3',
  '#8b9d9f',
  '#677b7e',
  '#4b5f62',
  '#334548',
  '#1b2b2e',
];

/** The night: dark surfaces, lightest first as Mantine orders them. */
export const night: MantineColorsTuple = [
  '#d9e4e4',
  '#b4c4c5',
  '#93a6a8',
  '#647a7d',
  '#3a5054',
  '#274045',
  '#193035',
  '#11252a',
  '#0b1c20',
  '#071417',
];
