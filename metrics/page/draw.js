'use strict';

// Text from the server is set as textContent only, or as an attribute that browsers
// treat as plain text.

const byId = id => document.getElementById(id);

function element(tag, classes, ...content) {
  const e = document.createElement(tag);
  if (classes) e.className = classes;
  e.append(...content);
  return e;
}

function shape(tag, attributes, ...content) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...content);
  return e;
}

function picture(width, height, label, ...content) {
  return shape('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label }, ...content);
}

// visible returns text that others wrote as people can read it: short, on one line, and
// with escapes in place of what reorders, hides or replaces the text around it. It is the
// same list as in internal/foreigntext.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/gu;
const maxShown = 200;

function visible(text) {
  const shown = text.slice(0, maxShown).replace(unsafe, c => `\\u{${c.codePointAt(0).toString(16)}}`);
  return text.length > maxShown ? `${shown}… (${whole.format(text.length)} characters)` : shown;
}

// Numbers for people: 1,234,567 for counts, and three digits for measurements.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });

function rate(n) {
  return n === null ? '–' : n < 10 ? String(+n.toPrecision(2)) : short.format(n);
}

function duration(s) {
  if (s === 0) return '0';
  for (const [unit, size] of [['ns', 1e-9], ['µs', 1e-6], ['ms', 1e-3], ['s', 1]]) {
    if (s < 999.5 * size) return `${+(s / size).toPrecision(3)} ${unit}`;
  }
  return `${whole.format(s)} s`;
}

const clock = t => new Date(t).toLocaleTimeString('en-GB');

// ceiling returns the next round number.
function ceiling(n) {
  if (!(n > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].map(f => f * power).find(c => c >= n * (1 - 1e-9));
}

// timeChart draws series over the last minutes. A series is {name, value(sample), rare}:
// value returns null where there is no value, and a rare series is not drawn while it is zero.
// limit is drawn as a dashed line if the values come near it.
function timeChart(node, samples, series, { seconds, limit, cursor, label }) {
  const width = node.clientWidth, height = node.clientHeight;
  const left = 44, right = width - 8, top = 8, bottom = height - 20;
  const end = samples.length ? samples.at(-1).time : 0, start = end - seconds * 1000;
  const x = t => left + (right - left) * (t - start) / (end - start || 1);

  let most = 0;
  for (const s of series) for (const p of samples) most = Math.max(most, s.value(p) ?? 0);
  const showLimit = limit > 0 && limit <= most * 2;
  const peak = ceiling(showLimit ? Math.max(most, limit) : most);
  const y = v => bottom - (bottom - top) * v / peak;

  const svg = picture(width, height, label);
  for (const v of peak === 1 ? [0, 1] : [0, peak / 2, peak]) {
    svg.append(shape('line', { class: 'grid', x1: left, x2: right, y1: y(v), y2: y(v) }),
      shape('text', { x: left - 6, y: y(v) + 4, 'text-anchor': 'end' }, short.format(v)));
  }
  for (let ago = 0; ago <= seconds; ago += width < 460 ? 120 : 60) {
    const at = x(end - ago * 1000);
    svg.append(shape('text', { x: at, y: height - 4, 'text-anchor': ago === 0 ? 'end' : ago === seconds ? 'start' : 'middle' },
      ago === 0 ? 'now' : `−${ago / 60} min`));
  }
  for (const s of series) {
    if (s.rare && !samples.some(p => s.value(p) > 0)) continue;
    let line = '', area = '', from = null, before = null;
    const close = () => { if (from !== null) area += `L${before},${bottom}L${from},${bottom}Z`; from = null; };
    for (const p of samples) {
      const v = s.value(p);
      if (v === null || p.gap) close();
      if (v === null) continue;
      const at = x(p.time).toFixed(1), point = `${at},${y(v).toFixed(1)}`;
      const move = from === null ? 'M' : 'L';
      if (from === null) from = at;
      before = at;
      line += move + point;
      area += move + point;
    }
    close();
    if (s.area) svg.append(shape('path', { class: 'area', d: area }));
    svg.append(shape('path', { class: `series ${s.name}`, d: line }));
  }
  if (showLimit) {
    const above = y(limit) - top > 12;
    svg.append(shape('line', { class: 'capacity', x1: left, x2: right, y1: y(limit), y2: y(limit) }),
      shape('text', { x: left + 4, y: y(limit) + (above ? -4 : 13) }, 'capacity'));
  }
  if (cursor) svg.append(shape('line', { class: 'cursor', x1: x(cursor), x2: x(cursor), y1: top, y2: bottom }));
  node.replaceChildren(svg);
  return px => start + (px - left) / (right - left) * (end - start); // from a pointer's position to a time
}

// sparkline draws numbers on their own scale, at most one a pixel.
function sparkline(values, width, height, label) {
  const step = Math.ceil(values.length / width), points = values.filter((_, i) => (values.length - 1 - i) % step === 0);
  const low = Math.min(...points), high = Math.max(...points);
  const d = points.map((v, i) => {
    const x = 1 + (width - 2) * (points.length < 2 ? 1 : i / (points.length - 1));
    const y = high > low ? 2 + (height - 4) * (high - v) / (high - low) : height / 2;
    return `${i ? 'L' : 'M'}${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return picture(width, height, label, shape('path', { class: 'trend', d: d.join('') }));
}
