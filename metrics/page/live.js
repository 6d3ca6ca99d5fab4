// Requests the JSON every second and keeps the history. The address is that of this
// page, wherever it is mounted, with the rest of its query.

const every = 1000, seconds = 300, requestTimeout = 15000, maxPause = 5000;
const address = new URL(location.href);
address.hash = address.username = address.password = '';
address.searchParams.set('format', 'json');
byId('json').href = address;

const samples = [];       // of the ledger, oldest first
const timings = new Map(); // operation → {count, time, means: [{time, value}]}
const maxTrends = 1000;    // operations with a history of means: with all, a browser's memory would not do
let latest = null, answered = 0, paused = false, cursor = null;
let pause = every; // from one request to the next

function addSample(ledger, time) {
  const before = samples.at(-1);
  const sample = { time, ledger, gap: !before || time - before.time > 5 * pause };
  if (before && ledger.messages_logged < before.ledger.messages_logged) sample.gap = true; // the counters started again
  const passed = before ? (time - before.time) / 1000 : 0;
  for (const [name, key] of [['logged', 'messages_logged'], ['exported', 'exported'], ['fallback', 'fallback'], ['dropped', 'dropped_total']]) {
    sample[name] = sample.gap || passed <= 0 ? null : Math.max(ledger[key] - before.ledger[key], 0) / passed;
  }
  samples.push(sample);
  while (samples[0].time < time - seconds * 1000) samples.shift();
}

function addTimings(operations, time) {
  for (const name of timings.keys()) if (!Object.hasOwn(operations, name)) timings.delete(name);
  let trends = 0;
  for (const t of timings.values()) if (t.means) trends++;
  return Object.entries(operations).map(([name, o]) => {
    const known = timings.get(name), passed = known ? (time - known.time) / 1000 : 0;
    const means = known ? known.means : trends++ < maxTrends ? [] : null;
    if (means) {
      means.push({ time, value: o.recent_mean_seconds });
      while (means[0].time < time - seconds * 1000) means.shift();
    }
    timings.set(name, { count: o.count, time, means });
    const perSecond = passed > 0 && o.count >= known.count ? (o.count - known.count) / passed : null;
    return { ...o, name, rate: perSecond, trend: means ? means.map(m => m.value) : [] };
  });
}

function tile(kind, name, value, more) {
  const number = typeof value === 'number';
  return element('div', `tile ${kind}${value === 0 ? ' zero' : ''}`, element('div', 'name', name),
    element('div', 'value', number ? whole.format(value) : value), element('div', 'more', more));
}

function drawTiles(l, s) {
  const perSecond = n => (n === null ? '' : `${rate(n)} per s`);
  byId('tiles').replaceChildren(
    tile('logged', 'logged', l.messages_logged, perSecond(s.logged)),
    tile('exported', 'exported', l.exported, perSecond(s.exported)),
    tile('queue', 'queued', l.queue_size, l.queue_capacity ? `of ${whole.format(l.queue_capacity)}` : 'no queue'),
    tile('queue', 'in flight', l.in_flight, ''),
    tile('dropped', 'dropped', l.dropped_total, perSecond(s.dropped)),
    tile('fallback', 'fallback', l.fallback, perSecond(s.fallback)),
    tile('logged', 'filtered', l.filtered, ''));
}

function drawOutage(l) {
  const text = !l.degraded ? ''
    : `No exporter has worked since ${clock(Date.parse(l.degraded_since))}: ${whole.format(l.consecutive_failures)} ${l.consecutive_failures === 1 ? 'export has' : 'exports in a row have'} failed. Records wait in the queue.`;
  if (byId('outage').textContent !== text) byId('outage').textContent = text;
  byId('outage').hidden = !l.degraded;
}

const curves = [
  { name: 'logged', value: s => s.logged }, { name: 'exported', value: s => s.exported, rare: true },
  { name: 'fallback', value: s => s.fallback, rare: true }, { name: 'dropped', value: s => s.dropped, rare: true },
];
const timeAt = {}; // chart → function from a pointer's position to a time

function drawCharts() {
  const at = cursor === null ? samples.at(-1)
    : samples.reduce((a, b) => (Math.abs(b.time - cursor) < Math.abs(a.time - cursor) ? b : a));
  const when = cursor === null ? 'now' : clock(at.time);
  const settings = { seconds, cursor: cursor === null ? null : at.time };
  timeAt['queue-chart'] = timeChart(byId('queue-chart'), samples, [{ name: 'queue', value: s => s.ledger.queue_size, area: true }],
    { ...settings, limit: at.ledger.queue_capacity, label: 'queue depth over the last minutes' });
  timeAt['rate-chart'] = timeChart(byId('rate-chart'), samples, curves, { ...settings, label: 'records per second over the last minutes' });
  byId('queue-reading').replaceChildren(when, ...[
    ['queued', at.ledger.queue_size], ['highest', Math.max(...samples.map(s => s.ledger.queue_size))], ['capacity', at.ledger.queue_capacity],
  ].map(([name, n]) => element('span', '', `${name} `, element('b', '', whole.format(n)))));
  byId('rate-reading').replaceChildren(when, ...curves.map(c =>
    element('span', '', element('i', `swatch ${c.name}`), `${c.name} `, element('b', '', rate(c.value(at))))));
}

function draw() {
  if (!latest || document.hidden) return;
  drawOutage(latest.ledger);
  drawTiles(latest.ledger, samples.at(-1));
  drawCharts();
  drawDrops(latest.ledger.dropped);
  drawOperations(latest.operations);
  drawExporters(latest.ledger.exporters);
  byId('updated').textContent = `${clock(samples.at(-1).time)}, ${latest.ledger.balanced ? 'every record accounted for' : 'records in transit'}`;
}

function showState(state, text) {
  if (byId('state').textContent !== text) byId('state').textContent = text;
  byId('state').className = state;
  byId('main').classList.toggle('old', state === 'lost');
}

async function poll() {
  try {
    const answer = await fetch(address, { headers: { Accept: 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(requestTimeout) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const all = await answer.json();
    if (paused) return;
    const time = answered = Date.now();
    addSample(all.async_logging, time);
    latest = { ledger: all.async_logging, operations: addTimings(all.performance_monitoring, time) };
    draw();
    showState('live', 'live');
  } catch (error) {
    console.warn('asynclog:', error);
    if (!paused) showState('lost', answered ? `no answer since ${clock(answered)}` : 'no answer');
  }
}

async function run() {
  for (;;) {
    const begun = Date.now();
    if (!paused) await poll();
    // A server and a browser that take long for it are busy with this page a quarter of the time at most.
    const took = Date.now() - begun;
    const wait = Math.max(every - took, Math.min(3 * took, maxPause));
    pause = took + wait;
    await new Promise(resolve => setTimeout(resolve, wait));
  }
}

redraw = draw;
byId('filter').addEventListener('input', draw);
window.addEventListener('resize', draw);
document.addEventListener('visibilitychange', draw);
byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', paused);
  byId('pause').textContent = paused ? 'Resume' : 'Pause';
  if (paused) showState('', 'paused');
});
for (const id of ['queue-chart', 'rate-chart']) {
  byId(id).addEventListener('pointermove', e => {
    if (!latest) return;
    cursor = timeAt[id](e.clientX - byId(id).getBoundingClientRect().left);
    drawCharts();
  });
  byId(id).addEventListener('pointerleave', () => { cursor = null; if (latest) drawCharts(); });
}
run();
