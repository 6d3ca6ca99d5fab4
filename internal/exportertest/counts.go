package exportertest

// Exports returns how many Export calls have begun, including refused ones.
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

// MaxConcurrent returns the largest number of Export calls that were under way at
// once. An exporter must not be called concurrently: more than 1 is a bug of the
// processor.
func (e *Exporter) MaxConcurrent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.maxActive
}

// ExportsAfterShutdown returns how many Exports began after Shutdown began. Each is
// a bug of the processor. All were refused.
func (e *Exporter) ExportsAfterShutdown() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.afterShutdown
}

// Overwritten returns how many Exports found their slice changed when they ended:
// its memory was cleared or reused while the exporter still had it.
func (e *Exporter) Overwritten() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.overwritten
}
