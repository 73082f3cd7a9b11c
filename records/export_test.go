package records

// ForgetAwaited lets the next Awaited read everything anew.
func (r *Records) ForgetAwaited() {
	r.awaited.mu.Lock()
	defer r.awaited.mu.Unlock()
	r.awaited.digest, r.awaited.found, r.awaited.under, r.awaited.waits = [32]byte{}, nil, "", nil
	r.awaited.open, r.awaited.dispatches = nil, nil
}
