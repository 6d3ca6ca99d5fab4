package queue

import (
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// The operations of a fuzzed sequence. The low half of a byte is the operation, the high
// half its argument.
const (
	opOffer  = iota // to opRun-1: offer a record of the level in the argument
	opRun    = iota + 5
	opTake   // argument: consumer
	opSettle // argument: consumer, +4: abandon, +8: failed
	opFlush
	opExpedite // 15: Prepare
	opTick     // argument: the interval, in 100 ms
	opRequeue  // argument: consumer, +4: with an error, +8: after progress; 3: progress alone, of the consumer argument/4
	opSleep    // argument: how long, in 100 ms
	opSlow     // even: claim a slot and do not commit; odd: commit one
	opOther    // 15: close, 14: close and remove, 13: store the open batch, else: offer to the stored batch
)

func op(what, arg byte) byte { return arg<<4 | what }

func ops(what byte, args ...byte) []byte {
	var out []byte
	for _, arg := range args {
		out = append(out, op(what, arg))
	}
	return out
}

// FuzzQueue compares the queue with the model over any sequence of calls.
func FuzzQueue(f *testing.F) {
	join := func(parts ...[]byte) []byte {
		var out []byte
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	fill := ops(opRun, 15)
	cycle := ops(opTake, 0, 1, 2)
	settle := ops(opSettle, 0, 9, 6)
	again := ops(opRequeue, 0, 5, 10)
	mixed := ops(opOffer, 9, 1, 13, 5, 1, 9, 15, 2, 0, 7, 3, 3)
	end := ops(opOther, 15)
	for _, policy := range []byte{0, 1, 2, 3, 1 << 2, 10<<2 + 1, 4<<2 + 2, 8<<2 + 3, 5 << 2, 3<<2 + 1, 9<<2 + 2, 6<<2 + 3} { // the upper bits are the bound of bytes
		config := func(capacity, size, keep, wait byte) []byte {
			return []byte{policy, capacity - 1, size - 1, keep, wait | (capacity-capacity/4)<<2}
		}
		f.Add(join(config(10, 4, 8, 0), fill, mixed, cycle, settle, mixed, cycle, end, cycle))
		f.Add(join(config(10, 4, 0, 1), mixed, ops(opFlush, 0), fill, ops(opFlush, 0), cycle, mixed, settle, cycle, settle))
		f.Add(join(config(5, 5, 24, 1), ops(opOffer, 3), ops(opExpedite, 0), cycle, fill, ops(opSleep, 1, 2, 15), settle, mixed))
		f.Add(join(config(1, 1, 3, 1), mixed, cycle, mixed, settle, cycle, ops(opFlush, 0), mixed, end))
		f.Add(join(config(7, 3, 0, 0), ops(opSlow, 0, 0), mixed, fill, mixed, ops(opSlow, 1, 3), mixed, cycle, settle, cycle))
		f.Add(join(config(24, 8, 5, 1), fill, fill, mixed, ops(opOther, 13), cycle, settle, ops(opOther, 0, 5, 9), ops(opOther, 14)))
		f.Add(join(config(16, 2, 5, 0), fill, cycle, settle, ops(opSleep, 15), ops(opTick, 1), ops(opSleep, 15), ops(opTick, 1, 15)))
		f.Add(join(config(11, 8, 0, 0), ops(opOffer, 0, 0, 0, 0, 0, 0, 0, 15, 15, 15, 15), ops(opOffer, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), mixed))
		f.Add(join(config(20, 4, 0, 0), ops(opOffer, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9),
			ops(opFlush, 0), ops(opOffer, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12), cycle, settle, cycle))
		f.Add(join(config(10, 4, 8, 0), fill, cycle, fill, again, cycle, mixed, settle, cycle))
		f.Add(join(config(10, 4, 0, 1), mixed, ops(opFlush, 0), cycle, mixed, ops(opRequeue, 8, 1, 6), cycle, ops(opRequeue, 4, 3), fill, settle))
		f.Add(join(config(3, 3, 8, 0), fill, ops(opTake, 0), ops(opSlow, 0, 0), ops(opOffer, 7), ops(opRequeue, 0), fill, ops(opSlow, 1, 1), cycle, again))
		f.Add(join(config(12, 5, 24, 2), fill, cycle, ops(opOffer, 1, 2, 3, 4, 5, 6), ops(opFlush, 0), ops(opRequeue, 0), cycle, ops(opRequeue, 3, 7, 9), end, cycle, settle, cycle, again))
	}
	f.Add([]byte("770010000\xdf00000_"))          // a producer that was preempted before others had to wait for bytes
	f.Add([]byte("#7101000\xdf00\x9f"))           // and one that took its bytes before others began to wait
	f.Add([]byte("\t7000.0000000000000\x1d000+")) // records that are evicted in vain, and then an empty tail
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 5 || len(data) > 128 {
			return // longer inputs find nothing more, and take minutes to minimize
		}
		synctest.Test(t, func(t *testing.T) {
			cfg := Config{
				Policy:    Policy(data[0] % 4),
				Capacity:  1 + int(data[1]%24),
				BatchSize: 1 + int(data[2]%9),
				KeepLevel: data[3] % (MaxLevel + 1),
				MaxWait:   time.Duration(data[4]%4) * 250 * time.Millisecond,
			}
			cfg.High = int(data[4]/4) % (cfg.Capacity + 1)
			cfg.Low = cfg.High / 2
			cfg.MaxBytes = int(data[0]/4) * 3 // a record has up to ten
			cfg.HighBytes = cfg.MaxBytes - cfg.MaxBytes/4
			cfg.LowBytes = cfg.HighBytes / 2
			r := newFuzzRun(t, cfg)
			for _, b := range data[5:] {
				r.step(b&15, b>>4)
				r.check()
			}
			r.end()
		})
	})
}

func (r *fuzzRun) step(what, arg byte) {
	switch what {
	case opRun: // odd: without a check in between that would end an overwrite window
		for range int(arg) + 1 {
			r.offer(3, r.put)
			if arg%2 == 0 {
				r.check()
				continue
			}
			synctest.Wait()
			r.m.updatePressure()
			checkInvariants(r.t, r.q)
		}
	case opTake:
		r.take(int(arg % 3))
	case opSettle:
		r.settle(int(arg&3)%3, arg&4 != 0, arg&8 != 0)
	case opFlush:
		var held []*group
		for _, h := range r.held {
			held = append(held, h.groups...)
		}
		r.m.flush(r.q.BeginFlush(), held)
	case opExpedite:
		if arg == 15 {
			r.q.Prepare()
			if len(r.q.free) == 0 && !r.m.closed {
				r.t.Fatal("no free batch after Prepare")
			}
			return
		}
		r.q.Expedite()
		r.m.expedite()
	case opTick:
		r.tick(time.Duration(arg+1) * 100 * time.Millisecond)
	case opRequeue:
		if arg&3 == 3 {
			r.progress(int(arg>>2)%3, arg&4 != 0)
		} else {
			r.requeue(int(arg&3), arg&4 != 0, arg&8 != 0)
		}
	case opSleep:
		r.sleep(time.Duration(arg) * 100 * time.Millisecond)
	case opSlow:
		r.slow(int(arg))
	case opOther:
		r.other(arg)
	default:
		r.offer(arg, r.put)
	}
}

func (r *fuzzRun) other(arg byte) {
	switch arg {
	case 15:
		r.q.Close()
		r.m.close()
	case 14:
		r.q.Close()
		r.m.close()
		r.remove()
	case 13:
		r.stale = r.q.open.Load()
	default:
		r.offer(arg, func(rec *sdklog.Record, level uint8) Verdict { return offerTo(r.q, r.stale, rec, level) })
	}
}

func (r *fuzzRun) tick(interval time.Duration) {
	r.t.Helper()
	now := time.Now()
	want := r.m.tick(now, interval)
	got := r.q.Tick(now, interval)
	if len(r.q.free) > 1 {
		want = min(want, trimInterval)
	}
	if got != want || got <= 0 {
		r.t.Fatalf("Tick = %v, want %v", got, want)
	}
}

// offerTo is [Queue.Offer] for a producer that found b open and was preempted until now.
func offerTo(q *Queue, b *Batch, r *sdklog.Record, level uint8) Verdict {
	if q.bytes != nil {
		size := fuzzSize(numberOf(r))
		if size > q.MaxBytes() {
			return q.OfferSized(r, level, size)
		}
		return q.offerSizedTo(b, newcomer{rec: r, level: level, size: size})
	}
	if b != nil {
		word := b.word.Add(1)
		slot, limit := uint32(word)-1, uint32(word>>32)
		if slot < limit {
			b.slots.put(slot, r, level)
			if slot+1 == limit {
				q.advance(b)
			}
			return Accepted
		}
	}
	return q.offerSlow(newcomer{rec: r, level: level})
}

// put offers a record as a caller does.
func (r *fuzzRun) put(rec *sdklog.Record, level uint8) Verdict {
	if r.q.bytes != nil {
		return r.q.OfferSized(rec, level, fuzzSize(numberOf(rec)))
	}
	return r.q.Offer(rec, level)
}

// fuzzSize returns the size that a record is offered with.
func fuzzSize(number int) int { return 1 + number*7%10 }

// fuzzRecord returns a record whose attributes hold its number too. There may be more of
// them than a record stores in itself.
func fuzzRecord(number int, level uint8) sdklog.Record {
	var attrs []attribute.KeyValue
	for i := range number % 8 {
		attrs = append(attrs, attribute.Int(string(rune('a'+i)), number))
	}
	return record(number, level, attrs...)
}

// spoil changes a record after it was offered.
func spoil(r *sdklog.Record) {
	r.SetBody(attribute.IntValue(-1))
	for i := range r.AttributesLen() {
		r.AddAttributes(attribute.Int(string(rune('a'+i)), -1))
	}
}

// intact reports whether a record is as it was when it was offered.
func intact(r *sdklog.Record) bool {
	number, ok := numberOf(r), true
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		ok = kv.Value.AsInt64() == int64(number)
		return ok
	})
	return ok && r.AttributesLen() == number%8
}
