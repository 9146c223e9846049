/** Templates: htm with preact. Texts in them are texts, never HTML. */

import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
