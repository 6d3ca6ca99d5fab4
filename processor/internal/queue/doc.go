// Package queue is the bounded queue of batches between the goroutines that
// log and the workers that export.
//
// It is a FIFO of batches, of which the last one, the tail, is open. A producer
// claims a slot of the open batch with one atomic addition, copies its record
// straight into the slot and marks it committed. A full batch joins the ready
// batches and is handed whole to a [Consumer], which reads its records in place,
// settles it and gives its memory back, or puts it back to be taken again. A mutex
// is taken once a batch by producers, not once a record, and is never held across anything that blocks.
// Only when there is no room left, and the overflow policy asks for more than a
// refusal, do producers take the mutex for each record; under DropOldest not even
// then, but for records of which a copy is kept: see trade.
//
// The queue knows nothing of OpenTelemetry but the record type, and what a batch
// stores its records in is known to slots.go alone.
//
// # Invariants
//
//   - Σ live(ready) + reserved + limit(tail) - holes(tail) <= capacity, so no more
//     than capacity records are ever queued, whatever the producers do. Reserved is
//     what consumers hold of batches that were put back before: their room is not
//     given away, so putting them back again costs no record. Once the queue is closed,
//     batches that are put back come on top of it, as nobody else does any more. A trade, under
//     DropOldest, has the limit exceed that by its size, and every claim beyond displaces
//     a record. It ends before anybody looks at batches in the queue or at counts: who
//     does takes the mutex by lock.
//   - Every slot index below a batch's limit is handed to exactly one producer.
//   - Only the tail has claimable slots. A stale pointer to a batch that left
//     the tail finds limit 0 and fails its claim; one to a batch that has come
//     round again as the tail makes a valid claim on its new life.
//   - open is nil only when the queue is full (or waiters are queued for room)
//     or closed. A producer that reads nil may therefore refuse a record without
//     taking the mutex.
//   - Batches leave from the front, and slots are claimed at the back, so with
//     one consumer the records of one goroutine leave in the order in which it
//     offered them. A batch that is put back goes to the front, where it came from.
//     Evictions leave holes, never reorder.
//   - A record is evicted only while it is committed and its batch is not taken.
//     Every slot below a batch's first is evicted, whatever its mark says.
//   - What an evicted batch held is kept alive until it is used again, as the next
//     tail, or until the next Tick.
//   - Under DropLowest two neighbouring ready batches that fit into one are
//     merged, as soon as it is known that their records are committed, so ready
//     batches never have more slots than twice the capacity plus a batch. One that
//     was put back is merged with none; there are no more of these than consumers,
//     because the first to be taken is one that was put back, if there is one.
//   - A flush that covers a ready batch covers all ready batches before it too, but
//     for those that were put back.
//   - No batch is lost between consumers: a consumer ends only when the queue is
//     closed, nothing is ready, and no other holds a batch that may be put back.
//   - While the queue is watched and not under pressure, the tail's limit does not
//     reach beyond the high mark, so the producer that takes the queue there comes
//     by the mutex, and pressure begins with that record.
//
// In a queue that is bounded by bytes, further:
//
//   - used <= its bound; see byteBound. A record's bytes are taken before its slot is
//     claimed, so there is never a slot without bytes.
//   - Bytes are returned under the mutex, followed by reopenLocked, so that none who
//     waits for them is forgotten; only DropNewest, under which nobody waits, returns
//     them without.
//   - While producers wait, for slots or for bytes, nothing is open.
//   - From half of the bytes on the tail is due, if it is all that there is to take.
//
// # Who owns what
//
//   - A slot belongs to the producer that claimed it until its mark is stored.
//   - A ready or open batch belongs to the queue, under its mutex.
//   - A taken batch belongs to its consumer until it is settled or put back.
package queue
