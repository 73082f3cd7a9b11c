package link

import (
	"sync"
	"time"
)

// bucket holds tokens that come back with time.
type bucket struct {
	rate, max float64
	tokens    float64
	at        time.Duration
}

func newBucket(rate, max float64) bucket { return bucket{rate: rate, max: max, tokens: max} }

// fill brings back what has come since it was last looked at.
func (b *bucket) fill(now time.Duration) {
	if now > b.at {
		b.tokens = min(b.max, b.tokens+b.rate*(now-b.at).Seconds())
		b.at = now
	}
}

// take takes n tokens. It may leave less than none, but takes nothing from an
// empty bucket.
func (b *bucket) take(now time.Duration, n float64) bool {
	b.fill(now)
	if b.tokens <= 0 {
		return false
	}
	b.tokens -= n
	return true
}

// give gives back n tokens.
func (b *bucket) give(n float64) { b.tokens = min(b.max, b.tokens+n) }

// until is how long it takes until there is a token again.
func (b *bucket) until() time.Duration {
	if b.tokens > 0 {
		return 0
	}
	return time.Duration((1 - b.tokens) / b.rate * float64(time.Second))
}

// meter bounds what one side may ask of us, so that it cannot starve our own
// people or the other sides (spec/link.md §8).
type meter struct {
	limits *Limits

	mu       sync.Mutex
	requests bucket
	growth   bucket
	parts    bucket
	inside   int
}

func newMeter(limits *Limits) *meter {
	return &meter{
		limits:   limits,
		requests: newBucket(limits.Requests, limits.Burst),
		growth:   newBucket(limits.Growth, limits.GrowthRoom),
		parts:    newBucket(limits.Parts, limits.PartsRoom),
	}
}

// enter lets one request in. If it may not come in, it says after how long to
// ask again. Each request let in must leave.
func (m *meter) enter(now time.Duration) (after time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inside >= m.limits.AtOnce {
		return time.Second, false
	}
	if !m.requests.take(now, 1) {
		return max(m.requests.until(), time.Second), false
	}
	m.inside++
	return 0, true
}

// leave ends a request. One that is free, as having brought entries, costs
// nothing; one that took entries away costs for each FetchUnit of them.
func (m *meter) leave(free bool, takenAway int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inside--
	if free {
		m.requests.give(1)
	}
	m.requests.tokens -= float64(takenAway / m.limits.FetchUnit)
}

// grow asks whether so many bytes of new entries may be stored.
func (m *meter) grow(now time.Duration, bytes int) (after time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.growth.take(now, float64(bytes)) {
		return 0, true
	}
	return max(m.growth.until(), time.Second), false
}

// part asks whether a part of an enclosure with so many bytes may come or go.
func (m *meter) part(now time.Duration, bytes int) (after time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.parts.take(now, float64(bytes+m.limits.PartCost)) {
		return 0, true
	}
	return max(m.parts.until(), time.Second), false
}

// ungrow takes back what was not stored after all.
func (m *meter) ungrow(bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.growth.give(float64(bytes))
}
