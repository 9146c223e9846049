/** The state of the page, in one place, and components that follow a part of it. */

import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer, useRef } from "preact/hooks";

/** A store: `get` the state, `set` parts of it, `subscribe` to changes. */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    set(part) {
      state = { ...state, ...part };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** {store, player, actions, crops} for all components. */
export const Page = createContext(null);

export function usePage() {
  return useContext(Page);
}

/** A value made of the state; the component is drawn again when it is another one. */
export function useSelect(selector) {
  const { store } = usePage();
  const [, redraw] = useReducer((times) => times + 1, 0);
  const value = selector(store.get());
  const latest = useRef();
  latest.current = { selector, value };
  useLayoutEffect(() => {
    const check = () => {
      const { selector, value } = latest.current;
      if (!Object.is(selector(store.get()), value)) redraw();
    };
    check();
    return store.subscribe(check);
  }, [store]);
  return value;
}

/** A function that remembers its last result, for the same inputs. */
export function remember(make) {
  let [last, result] = [{}, null];
  return (...inputs) => {
    if (!last.inputs || inputs.some((input, i) => input !== last.inputs[i]))
      [last, result] = [{ inputs }, make(...inputs)];
    return result;
  };
}
