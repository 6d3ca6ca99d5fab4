package envconfig

import (
	"fmt"
	"strings"
)

// knownKeys are the keys below "logging", with the paths of their objects.
var knownKeys = []struct{ parent, key string }{
	{keyLogging, keyVerbose},
	{keyLogging, keyAsync},
	{keyLogging + "." + keyAsync, keyEnabled},
	{keyLogging + "." + keyAsync, keyQueueSize},
	{keyLogging + "." + keyAsync, keyBatchSize},
	{keyLogging + "." + keyAsync, keyWorkerTimeout},
}

// didYouMean returns a suggestion for an unknown key: the most similar known one, or "".
// It also searches the other objects, because a key may be right but in the wrong
// object.
func didYouMean(key string) string {
	wanted := normalize(key)
	if len(wanted) > 64 {
		return ""
	}
	best, bestScore := "", 0
	for _, k := range knownKeys {
		if score := similarity(wanted, normalize(k.key)); score > bestScore {
			best, bestScore = k.parent+"."+k.key, score
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s? ", best)
}

// normalize removes differences in spelling: queueSize, Queue-Size and queue_size become
// the same.
func normalize(key string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(key))
}

// similarity returns how similar an unknown key is to a known one; 0: not enough for a
// suggestion.
func similarity(unknown, known string) int {
	d := distance(unknown, known)
	switch {
	case d == 0:
		return 10
	case d <= len(known)/3: // 4 at most
		return 10 - d
	case len(unknown) >= 4 && (strings.Contains(known, unknown) || strings.Contains(unknown, known)):
		return 1
	default:
		return 0
	}
}

// distance returns the number of letters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func distance(a, b string) int {
	row := func() []int { return make([]int, len(b)+1) }
	before, above, now := row(), row(), row()
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := above[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			now[j] = min(replaced, above[j]+1, now[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, above, now = above, now, before
	}
	return above[len(b)]
}
