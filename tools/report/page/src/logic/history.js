/** Values with what was before and after them, for undo and redo. */

export function startHistory(present) {
  return { past: [], present, future: [] };
}

export function record(history, present) {
  return { past: [...history.past, history.present], present, future: [] };
}

export function undo({ past, present, future }) {
  if (!past.length) return { past, present, future };
  return { past: past.slice(0, -1), present: past.at(-1), future: [present, ...future] };
}

export function redo({ past, present, future }) {
  if (!future.length) return { past, present, future };
  return { past: [...past, present], present: future[0], future: future.slice(1) };
}
