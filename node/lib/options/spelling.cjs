"use strict";
// Which name was meant by one that is not known.

/** The one of `known` that was probably meant; nothing where none is near. As the core has it for members of inputs. */
function closest(given, known) {
  let best;
  for (const name of known) {
    const distance = distanceOf(given.toLowerCase(), name.toLowerCase());
    // A third of the letters wrong is a slip; more is another word.
    if (distance <= Math.floor(name.length / 3) && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** How many letters must be put in, taken out, changed or swapped with the next one. */
function distanceOf(one, other) {
  /** @type {number[][]} */
  let [before, last] = [[], Array.from({ length: other.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[other.length];
}

module.exports = { closest };
