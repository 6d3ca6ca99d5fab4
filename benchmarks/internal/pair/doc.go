// Package pair compares measurements that were made in turns. A ratio is always of two
// measurements that were made one right after the other, so that other load on the
// machine disturbs both. Of many ratios the median is reported, with the smallest and the
// largest.
package pair
