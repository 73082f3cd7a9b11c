package web

import (
	"encoding/binary"
	"math"
)

// The sounds of the alarm are made here when the program starts: a few kilobytes
// each, and nobody's work but ours.

// soundRate is the samples of a second.
const soundRate = 8000

// tone is a part of a sound: so many hertz, 0 for silence, for so many
// milliseconds.
type tone struct{ hertz, ms int }

// sounds are all of them. Two are played again and again: FLASH hurries, in short
// high tones up and down; IMMEDIATE calls twice and waits. The soft one is played once
// for what does not ring, and that of the test when somebody asks for it. The silent one
// finds out whether the browser lets the page be heard at all.
var sounds = map[string][]tone{
	"flash.wav":     {{880, 130}, {1320, 130}, {880, 130}, {1320, 130}, {880, 130}, {1320, 130}, {0, 220}},
	"immediate.wav": {{660, 420}, {0, 60}, {520, 520}, {0, 1500}},
	"soft.wav":      {{520, 160}, {0, 40}, {660, 260}},
	"test.wav":      {{660, 200}, {0, 80}, {880, 200}, {0, 80}, {660, 300}},
	"silence.wav":   {{0, 120}},
}

// wave writes tones as a WAV file: one channel, 16 bits a sample.
func wave(tones []tone) []byte {
	var samples []int16
	for _, t := range tones {
		n := soundRate * t.ms / 1000
		for i := range n {
			edge := min(1, float64(min(i, n-i))/(soundRate*0.008)) // no click at either end
			x := 2 * math.Pi * float64(t.hertz) * float64(i) / soundRate
			samples = append(samples, int16(edge*(0.55*math.Sin(x)+0.2*math.Sin(2*x))*math.MaxInt16))
		}
	}
	size := uint32(2 * len(samples))
	le := binary.LittleEndian
	out := append([]byte("RIFF"), le.AppendUint32(nil, 36+size)...)
	out = append(out, "WAVEfmt "...)
	out = le.AppendUint32(out, 16)
	for _, n := range []uint16{1, 1} { // plain samples, one channel
		out = le.AppendUint16(out, n)
	}
	out = le.AppendUint32(out, soundRate)
	out = le.AppendUint32(out, 2*soundRate)
	out = le.AppendUint16(out, 2)
	out = le.AppendUint16(out, 16)
	out = append(out, "data"...)
	out = le.AppendUint32(out, size)
	for _, s := range samples {
		out = le.AppendUint16(out, uint16(s))
	}
	return out
}
