/**
 * The editor of an exercise: CodeMirror with TypeScript's colours. Tab leaves it, as in any form, so that nobody is
 * caught in it; Enter keeps the indentation.
 */
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type ChangeSet, EditorState, Transaction } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--accent)' },
  { tag: [tags.comment], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.number, tags.string, tags.bool], color: 'var(--good)' },
  { tag: [tags.typeName], color: 'var(--warn)' },
]);

const looks = EditorView.theme({
  '&': { fontSize: '12.5px', backgroundColor: 'var(--page)', color: 'var(--text)', borderRadius: '6px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-content': {
    fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
    caretColor: 'var(--text)',
  },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', border: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft)' },
});

interface Edit {
  undo: ChangeSet;
  redo: ChangeSet;
}

/** Ctrl-Z and its opposite. Edits that follow each other at once are undone together. */
function history() {
  const done: Edit[] = [];
  let undone: Edit[] = [];
  let last = 0;
  const own = Transaction.userEvent.of('undo');
  const listener = EditorView.updateListener.of(({ transactions }) => {
    for (const transaction of transactions) {
      if (!transaction.docChanged || transaction.isUserEvent('undo')) continue;
      const edit = { undo: transaction.changes.invert(transaction.startState.doc), redo: transaction.changes };
      const before = Date.now() - last < 400 ? done.pop() : undefined;
      done.push(before ? { undo: edit.undo.compose(before.undo), redo: before.redo.compose(edit.redo) } : edit);
      undone = [];
      last = Date.now();
    }
  });
  const move = (from: () => Edit[], to: () => Edit[], key: keyof Edit) => (view: EditorView) => {
    const edit = from().pop();
    if (!edit) return false;
    to().push(edit);
    last = 0;
    view.dispatch({ changes: edit[key], annotations: own, scrollIntoView: true });
    return true;
  };
  const undo = move(
    () => done,
    () => undone,
    'undo',
  );
  const redo = move(
    () => undone,
    () => done,
    'redo',
  );
  return [
    listener,
    keymap.of([
      { key: 'Mod-z', run: undo, preventDefault: true },
      { key: 'Mod-Shift-z', run: redo, preventDefault: true },
      { key: 'Mod-y', run: redo, preventDefault: true },
    ]),
  ];
}

/** A new line that begins where the one before began. */
function newLine(view: EditorView): boolean {
  const { state } = view;
  const { from, to } = state.selection.main;
  const indent = /^\s*/.exec(state.doc.lineAt(from).text)?.[0] ?? '';
  view.dispatch(
    state.update({
      changes: { from, to, insert: `\n${indent}` },
      selection: { anchor: from + 1 + indent.length },
      scrollIntoView: true,
      userEvent: 'input',
    }),
  );
  return true;
}

export interface Editor {
  text(): string;
  replace(text: string): void;
  close(): void;
}

export function openEditor(
  parent: HTMLElement,
  { text, label, changed, check }: { text: string; label: string; changed: (text: string) => void; check: () => void },
): Editor {
  const run = () => {
    check();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: 'Mod-Enter', run },
          { key: 'Enter', run: newLine },
        ]),
        history(),
        lineNumbers(),
        indentUnit.of('  '),
        javascript({ typescript: true }),
        syntaxHighlighting(colours),
        looks,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) changed(state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    close: () => view.destroy(),
  };
}
