package records

// ForgetAwaited lets the next Awaited read everything anew.
func (r *Records) ForgetAwaited() {
	r.awaited.mu.Lock()
	defer r.awaited.mu.Unlock()
	r.awaited.digest, r.awaited.found, r.awaited.under, r.awaited.waits = [32]byte{}, nil, "", nil
	r.awaited.open, r.awaited.dispatches = nil, nil
}

// LookAtMost lets Awaited look at so many dispatches of one side and precedence, instead
// of MaxOpen.
func (r *Records) LookAtMost(n int) {
	r.awaited.mu.Lock()
	defer r.awaited.mu.Unlock()
	r.awaited.most, r.awaited.open = n, nil
}
