// Package pair compares measurements that were made in turns. A ratio is always of two
// that were made one right after the other, so that what disturbs a machine for
// longer disturbs both; of many ratios the median is told, with the least and the
// greatest.
package pair
