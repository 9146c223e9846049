/** How many objects of the ground truth are missed, along the time line. */

/** The number of missed objects in each frame, and the largest of these numbers. */
export function missCounts(misses, { first, count }) {
  const counts = new Int32Array(count + 1);
  for (const miss of misses) {
    counts[Math.max(miss.first - first, 0)]++;
    counts[Math.min(miss.last - first + 1, count)]--;
  }
  for (let k = 1; k < counts.length; k++) counts[k] += counts[k - 1];
  return { counts: counts.subarray(0, count), most: counts.reduce((a, b) => Math.max(a, b), 0) };
}

/** Stretches of frames with one number of missed objects: {from, to (exclusive), missed}, without those of none. */
export function missSteps({ counts }, { first }) {
  const steps = [];
  counts.forEach((missed, k) => {
    const step = steps.at(-1);
    if (step && step.missed === missed && step.to === first + k) step.to++;
    else if (missed) steps.push({ from: first + k, to: first + k + 1, missed });
  });
  return steps;
}
