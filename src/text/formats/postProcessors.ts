/** The post-processors of a Hugging Face tokenizer.json, for one text: which ids go before and after its own. */
import { type Fields, fields, id, list, refuse, text } from './fields.ts';

/** Ids around those of the text. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const none: Frame = { before: [], after: [] };

/** @throws FILE_INVALID for a type that is not known, naming it */
export function readPostProcessor(json: unknown, where = 'post_processor'): Frame {
  if (json === null || json === undefined) return none;
  const stored = fields(json, where);
  switch (stored.type) {
    case 'ByteLevel':
      return none;
    case 'Sequence': {
      const frames = list(stored.processors, `${where}.processors`).map((step, i) =>
        readPostProcessor(step, `${where}.${i}`),
      );
      return frames.reduce(
        (inner, outer) => ({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }),
        none,
      );
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const named = (key: string) => id(list(stored[key], `${where}.${key}`)[1], `${where}.${key}`);
      return { before: [named('cls')], after: [named('sep')] };
    }
    case 'TemplateProcessing':
      return readTemplate(stored, where);
    default:
      return refuse(`${where}.type`, 'a post-processor that is known', stored.type);
  }
}

function readTemplate(stored: Fields, where: string): Frame {
  const before: number[] = [];
  const after: number[] = [];
  let seen = false;
  for (const entry of list(stored.single, `${where}.single`)) {
    const step = fields(entry, `${where}.single`);
    if ('Sequence' in step) {
      seen = true;
      continue;
    }
    const name = text(fields(step.SpecialToken, `${where}.single`).id, `${where}.single`);
    const known = fields(stored.special_tokens, `${where}.special_tokens`);
    const token = fields(known[name], `${where}.special_tokens.${name}`);
    for (const one of list(token.ids, `${where}.special_tokens.${name}.ids`))
      (seen ? after : before).push(id(one, where));
  }
  return { before, after };
}
