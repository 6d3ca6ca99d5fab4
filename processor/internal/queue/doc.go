// Package queue is the bounded queue of batches between the goroutines that log and the
// workers that export.
//
// It is a FIFO of batches. The last batch, the tail, is open. A producer claims a slot of the
// open batch with one atomic addition, copies its record straight into the slot and marks it
// committed. A full batch joins the ready batches and is handed whole to a [Consumer], which
// reads the records in place. The consumer then settles the batch and returns its memory, or
// puts it back to be taken again. Producers take a mutex once a batch, not once a record. They
// take it for each record only when the queue is full and the overflow policy asks for more
// than a refusal; under DropOldest even then only to evict a record of which a copy is kept:
// see overwriteWindow. The mutex is never held across anything that blocks.
//
// The queue knows nothing of OpenTelemetry but the record type. Only storage.go depends on how
// a batch stores its records.
//
// # Invariants
//
//   - Σ live(ready) + reserved + limit(tail) - holes(tail) <= capacity, so no more than capacity
//     records are ever queued, whatever the producers do. reserved counts the records that
//     consumers hold of batches that were put back before: their capacity is not given to other
//     records, so putting them back again evicts none. Two things may exceed the capacity. In a
//     closed queue, batches that are put back come on top of it, because no new records do. Under
//     DropOldest, an overwrite window raises the limit by its size, and every claim beyond
//     the capacity evicts a record. The window ends before any code reads batches in the queue
//     or counts: that code takes the mutex by lock.
//   - Every slot index below a batch's limit is handed to exactly one producer.
//   - Only the tail has claimable slots. A claim through a stale pointer to a batch that is no
//     longer the tail finds limit 0 and fails. If that batch has become the tail again, the
//     claim is valid for its new use.
//   - open is nil only when the queue is full or closed, or when producers wait for capacity. A
//     producer that reads nil may therefore refuse a record without taking the mutex.
//   - Batches leave from the front, and slots are claimed at the back, so with one consumer the
//     records of one goroutine leave in the order in which it offered them. A batch that is put
//     back goes to the front, where it came from. Evictions leave holes, they never reorder.
//   - A record is evicted only while it is committed and its batch is not taken. Every slot
//     below a batch's first is evicted, whatever its mark says.
//   - The content of an evicted batch is kept alive until the batch is used again, as the next
//     tail, or until the next Tick.
//   - Under DropLowest two neighbouring ready batches that fit into one are merged as soon as
//     their records are known to be committed, so ready batches never have more slots than twice
//     the capacity plus a batch. A batch that was put back is not merged. There are no more of
//     these than consumers, because a batch that was put back is the first to be taken.
//   - A flush that covers a ready batch also covers all ready batches before it, except those
//     that were put back.
//   - No batch is lost between consumers: a consumer ends only when the queue is closed, nothing
//     is ready, and no other consumer holds a batch that may be put back.
//   - While the queue has pressure marks and is not under pressure, the tail's limit does not
//     reach beyond the high mark. So the producer that brings the queue to the mark takes the
//     mutex, and pressure begins with that record.
//
// In a queue that is bounded by bytes, further:
//
//   - used <= its bound; see byteBound. A record's bytes are taken before its slot is claimed,
//     so there is never a slot without bytes.
//   - Bytes are returned under the mutex, and reopenLocked is called afterwards, so that no
//     producer that waits for them is forgotten. Only DropNewest, under which no producer waits,
//     returns them without the mutex.
//   - While producers wait, for slots or for bytes, nothing is open.
//   - When half of the bytes are used, of those that are not reserved, the tail is due if it is
//     all that can be taken.
//
// # Ownership
//
//   - A slot belongs to the producer that claimed it until it stores the slot's mark.
//   - A ready or open batch belongs to the queue, under its mutex.
//   - A taken batch belongs to its consumer until it is settled or put back.
package queue
