/** Draws the app's icons into dist/icons: a square of four grids closed by a loop; SVG and PNG from one drawing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

const GREEN = [11, 110, 79];
const WHITE = [255, 255, 255];
const PALE = [185, 223, 205];
const out = new URL("../dist/icons/", import.meta.url);

// All lengths are parts of the side. The drawing stays within the middle 80 %: launchers cut the rest.
const TILE = 0.17;
const GAP = 0.03;
const RING = { outer: 0.4, inner: 0.345 };
/** The loop is open for this part of a turn, where its arrow head stands. */
const HEAD = { angle: -Math.PI / 4, size: 0.085 };

/** The colour at (x, y), both from -0.5 to 0.5. */
function colourAt(x, y) {
  const reach = Math.hypot(x, y);
  const across = Math.abs(reach - (RING.outer + RING.inner) / 2);
  const turn = Math.atan2(y, x) - HEAD.angle;
  const ahead = turn * RING.outer;
  if (ahead > -0.01 && ahead < HEAD.size * 1.3 && across < HEAD.size * (1 - ahead / (HEAD.size * 1.3)))
    return WHITE;
  const open = ahead > 0 && ahead < HEAD.size * 1.9;
  if (!open && reach < RING.outer && reach > RING.inner) return WHITE;
  const column = Math.floor((x + TILE + GAP / 2) / (TILE + GAP));
  const row = Math.floor((y + TILE + GAP / 2) / (TILE + GAP));
  const within =
    Math.abs(x) > GAP / 2 &&
    Math.abs(y) > GAP / 2 &&
    Math.abs(x) < TILE + GAP / 2 &&
    Math.abs(y) < TILE + GAP / 2;
  if (within) return column === 1 && row === 0 ? WHITE : PALE;
  return GREEN;
}

/** Rows of RGB, each pixel the mean of nine points. */
function paint(side) {
  const rows = Buffer.alloc(side * (side * 3 + 1));
  for (let j = 0; j < side; j++)
    for (let i = 0; i < side; i++) {
      const sum = [0, 0, 0];
      for (let a = 0; a < 9; a++) {
        const x = (i + ((a % 3) + 0.5) / 3) / side - 0.5;
        const y = (j + (Math.floor(a / 3) + 0.5) / 3) / side - 0.5;
        colourAt(x, y).forEach((part, at) => {
          sum[at] += part / 9;
        });
      }
      const at = j * (side * 3 + 1) + 1 + i * 3;
      sum.forEach((part, channel) => {
        rows[at + channel] = Math.round(part);
      });
    }
  return rows;
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function checksum(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "ascii"), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(checksum(body));
  return Buffer.concat([size, body, sum]);
}

function encodePng(side) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(paint(side), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function drawSvg() {
  const rgb = ([r, g, b]) => `rgb(${r},${g},${b})`;
  const n = (part) => Math.round(part * 5120) / 10;
  const tiles = [
    [-1, -1],
    [0, -1],
    [-1, 0],
    [0, 0],
  ].map(([column, row]) => {
    const x = column < 0 ? -TILE - GAP / 2 : GAP / 2;
    const y = row < 0 ? -TILE - GAP / 2 : GAP / 2;
    const fill = column === 0 && row === -1 ? WHITE : PALE;
    return `<rect x="${n(x)}" y="${n(y)}" width="${n(TILE)}" height="${n(TILE)}" fill="${rgb(fill)}"/>`;
  });
  const middle = (RING.outer + RING.inner) / 2;
  const at = (angle, reach) => `${n(Math.cos(angle) * reach)} ${n(Math.sin(angle) * reach)}`;
  const end = HEAD.angle + (HEAD.size * 1.9) / RING.outer;
  const tip = HEAD.angle + (HEAD.size * 1.3) / RING.outer;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-256 -256 512 512">',
    `<rect x="-256" y="-256" width="512" height="512" fill="${rgb(GREEN)}"/>`,
    ...tiles,
    `<path d="M${at(end, middle)}A${n(middle)} ${n(middle)} 0 1 1 ${at(HEAD.angle, middle)}" fill="none" stroke="#fff" stroke-width="${n(RING.outer - RING.inner)}"/>`,
    `<path d="M${at(HEAD.angle, middle - HEAD.size)}L${at(HEAD.angle, middle + HEAD.size)}L${at(tip, middle)}Z" fill="#fff"/>`,
    "</svg>",
  ].join("");
}

mkdirSync(out, { recursive: true });
writeFileSync(new URL("icon.svg", out), drawSvg());
for (const side of [180, 192, 512]) writeFileSync(new URL(`icon-${side}.png`, out), encodePng(side));
