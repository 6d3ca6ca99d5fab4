// Dropped records, by reason and severity.

const severities = ['UNSPECIFIED', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function drawDrops(dropped) {
  const reasons = Object.keys(dropped).sort();
  byId('drops').hidden = reasons.length === 0;
  byId('no-drops').hidden = reasons.length > 0;
  if (reasons.length === 0) return;

  const total = r => Object.values(dropped[r]).reduce((a, b) => a + b, 0);
  const most = Math.max(...reasons.map(total));
  const used = severities.filter(s => reasons.some(r => dropped[r][s]));

  const head = element('tr', '', element('th', '', 'reason'),
    ...used.map(s => element('th', '', element('i', `sev ${s}`), s)), element('th', '', 'all'), element('th', 'wide'));
  const rows = reasons.map(r => {
    const bar = picture(240, 12, `${visible(r)} by severity`);
    let x = 0;
    for (const s of used) {
      const n = dropped[r][s] || 0, w = 240 * n / most;
      if (n) bar.append(shape('rect', { class: s, x, y: 0, height: 12, width: Math.max(w, 1) },
        shape('title', {}, `${s}: ${whole.format(n)}`)));
      x += w;
    }
    return element('tr', '', element('td', 'name', visible(r)),
      ...used.map(s => dropped[r][s] ? element('td', '', whole.format(dropped[r][s])) : element('td', 'zero', '–')),
      element('td', 'bad', whole.format(total(r))), element('td', 'wide', bar));
  });
  byId('drops').replaceChildren(element('thead', '', head), element('tbody', '', ...rows));
}

// Operations, one a row, with their durations on one logarithmic axis.

const columns = [
  { key: 'name', text: 'operation' },
  { key: 'plot', plot: true },
  { key: 'trend', text: 'trend' },
  { key: 'count', text: 'count', show: o => whole.format(o.count) },
  { key: 'rate', text: 'per s', show: o => rate(o.rate) },
  { key: 'failures', text: 'failures', show: o => whole.format(o.failures), bad: o => o.failures > 0 },
  ...['mean', 'recent_mean', 'min', 'p50', 'p90', 'p99', 'max', 'last'].map(k => ({
    key: `${k}_seconds`, text: k === 'recent_mean' ? 'last 10' : k, show: o => duration(o[`${k}_seconds`]),
  })),
];
const maxRows = 100, filterFrom = 12;
const order = { key: 'name', down: false };
let redraw = () => {};

function headers() {
  return columns.map(c => {
    if (!c.text) return element('th', 'wide plot');
    const th = element('th');
    if (c.key === 'trend') { th.append(c.text); return th; }
    const button = element('button', '', c.text);
    button.type = 'button';
    button.addEventListener('click', () => {
      // Names are sorted from a to z first, figures from the largest.
      order.down = order.key === c.key ? !order.down : c.key !== 'name';
      order.key = c.key;
      redraw();
    });
    th.append(button);
    th.dataset.key = c.key;
    return th;
  });
}

function axis(operations) {
  let low = 1e3;
  for (const o of operations) if (o.min_seconds > 0 && o.min_seconds < low) low = o.min_seconds;
  let high = low;
  for (const o of operations) if (o.max_seconds > high) high = o.max_seconds;
  const first = Math.floor(Math.log10(low) + 1e-9), last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1);
  return { first, last, x: (s, width) => 18 + (width - 36) * (Math.log10(Math.max(s, 10 ** first)) - first) / (last - first) };
}

function axisPicture({ first, last, x }, width) {
  const svg = picture(width, 14, 'logarithmic axis');
  const step = Math.ceil((last - first) / Math.max(Math.floor(width / 56), 1));
  for (let p = first; p <= last; p += step) {
    svg.append(shape('text', { x: x(10 ** p, width), y: 11, 'text-anchor': 'middle' }, duration(10 ** p)));
  }
  return svg;
}

function rangePicture(o, { first, last, x }, width) {
  const svg = picture(width, 18, `min ${duration(o.min_seconds)}, median ${duration(o.p50_seconds)}, max ${duration(o.max_seconds)}`);
  for (let p = first; p <= last; p++) svg.append(shape('line', { class: 'grid', x1: x(10 ** p, width), x2: x(10 ** p, width), y1: 0, y2: 18 }));
  const at = k => x(o[`${k}_seconds`], width);
  svg.append(shape('line', { class: 'range', x1: at('min'), x2: at('max'), y1: 9, y2: 9 }),
    shape('rect', { class: 'box', x: at('p50'), y: 4, height: 10, width: Math.max(at('p90') - at('p50'), 2) }),
    shape('line', { class: 'tick', x1: at('p99'), x2: at('p99'), y1: 3, y2: 15 }),
    shape('circle', { class: 'dot', cx: at('recent_mean'), cy: 9, r: 3 }));
  return svg;
}

function drawOperations(all) {
  byId('operations').hidden = byId('operations-legend').hidden = all.length === 0;
  byId('no-operations').hidden = all.length > 0;
  byId('filter-label').hidden = all.length < filterFrom;
  byId('more-operations').hidden = true;
  if (all.length === 0) return;

  const table = byId('operations');
  if (!table.tHead) table.replaceChildren(element('thead', '', element('tr', '', ...headers())), element('tbody'));
  for (const th of table.tHead.rows[0].cells) {
    if (th.dataset.key === order.key) th.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  }
  const wanted = byId('filter').value.toLowerCase();
  const found = all.filter(o => o.name.toLowerCase().includes(wanted));
  const compare = order.key === 'name' ? (a, b) => (a.name < b.name ? -1 : 1) : (a, b) => (a[order.key] ?? -1) - (b[order.key] ?? -1);
  found.sort((a, b) => (order.down ? -1 : 1) * compare(a, b));
  const shown = found.slice(0, maxRows);
  byId('more-operations').hidden = shown.length === all.length;
  byId('more-operations').textContent = `${whole.format(shown.length)} of ${whole.format(all.length)} operations`;

  const scale = axis(all), plot = table.tHead.querySelector('.plot');
  // The width that the other columns leave. They are as wide as their text.
  const others = [...table.tHead.rows[0].cells].reduce((sum, th) => sum + (th === plot ? 16 : th.offsetWidth), 0);
  const width = Math.max(Math.min(table.parentNode.clientWidth - others, 420), 150);
  plot.replaceChildren(axisPicture(scale, width));
  table.tBodies[0].replaceChildren(...shown.map(o => element('tr', '', ...columns.map(c => {
    if (c.key === 'name') {
      const td = element('td', 'name', o.name === '' ? '(no name)' : visible(o.name));
      td.title = visible(o.name);
      return td;
    }
    if (c.plot) return element('td', 'wide', rangePicture(o, scale, width));
    if (c.key === 'trend') return element('td', '', sparkline(o.trend, 72, 18, 'mean of the last 10, over the last minutes'));
    return element('td', c.bad && c.bad(o) ? 'bad' : '', c.show(o));
  }))));
}

function drawExporters(exporters) {
  byId('exporters').hidden = exporters.length === 0;
  byId('no-exporters').hidden = exporters.length > 0;
  const head = ['type', 'exports', 'failed', 'records', 'in flight', 'mean export', 'state'].map(t => element('th', '', t));
  const rows = exporters.map(e => element('tr', '', element('td', 'name', visible(e.type)), element('td', '', whole.format(e.exports)),
    element('td', e.failures ? 'bad' : '', whole.format(e.failures)), element('td', '', whole.format(e.exported)),
    element('td', '', whole.format(e.in_flight)), element('td', '', e.exports ? duration(e.duration_seconds / e.exports) : '–'),
    element('td', e.failing ? 'bad' : '', e.failing ? 'failing' : 'ok')));
  byId('exporters').replaceChildren(element('thead', '', element('tr', '', ...head)), element('tbody', '', ...rows));
}
