/** Canvases that are as sharp as the screen, and colours that follow the page. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { PALETTES } from "../logic/colours.js";

/** Make a canvas as large as {width, height} and return its context, cleared, in units of CSS pixels. */
export function prepare(canvas, { width, height }) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** A ref for an element, and its size in CSS pixels as it changes. */
export function useSize() {
  const ref = useRef(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = ref.current;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current);
    measure();
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

const darkQuery = window.matchMedia("(prefers-color-scheme: dark)");

/** The colours for canvases, light or dark as the browser prefers. */
export function usePalette() {
  const [dark, setDark] = useState(darkQuery.matches);
  useLayoutEffect(() => {
    const change = () => setDark(darkQuery.matches);
    darkQuery.addEventListener("change", change);
    return () => darkQuery.removeEventListener("change", change);
  }, []);
  return dark ? PALETTES.dark : PALETTES.light;
}

/** Call `draw` once in the next animation frame, however often it is asked for. */
export function oncePerFrame(draw) {
  let asked = 0;
  const later = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      draw();
    });
  };
  later.cancel = () => cancelAnimationFrame(asked);
  return later;
}
