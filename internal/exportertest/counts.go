package exportertest

// Exports returns how many Export calls have begun, refused ones included.
func (e *Exporter) Exports() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.calls)
}

// RecordsTaken returns how many records have been taken: the length of
// [Exporter.Records], without the copying.
func (e *Exporter) RecordsTaken() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.takenCount
}

// ForceFlushes returns how many ForceFlush calls have begun.
func (e *Exporter) ForceFlushes() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.flush.contexts)
}

// Shutdowns returns how many Shutdown calls have begun.
func (e *Exporter) Shutdowns() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.down.contexts)
}

// Active returns how many Export calls are under way.
func (e *Exporter) Active() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.active
}

// MaxConcurrent returns the most Export calls that were ever under way at once.
// An exporter must not be called concurrently: above 1 is a processor's bug.
func (e *Exporter) MaxConcurrent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.most
}

// ExportsAfterShutdown returns how many Exports began after Shutdown did, each
// of them a processor's bug. All were refused.
func (e *Exporter) ExportsAfterShutdown() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.afterDown
}

// Overwritten returns how many Exports found their slice changed when they
// ended: memory that was cleared or used again while an exporter still had it.
func (e *Exporter) Overwritten() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.overwritten
}
