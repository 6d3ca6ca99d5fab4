package processor

// succeeded notes that the exporter has taken something.
func (p *Processor) succeeded(l *lane) {
	p.health.succeed(&l.standing)
}

// failed notes that an export failed, and tells whether another exporter works.
func (p *Processor) failed(l *lane, f failure, err error) (others bool) {
	others, _ = p.health.fail(&l.standing, f)
	return others
}
