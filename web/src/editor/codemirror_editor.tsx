// CodeMirror with PromQL or LogQL. Loaded on demand.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, Prec, StateEffect, StateField, type Extension } from '@codemirror/state';
import { Decoration, EditorView, keymap, placeholder, type DecorationSet } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorTheme, highlightStyle } from './codemirror_theme';
import { logqlExtension } from './logql_language';
import { promqlExtension } from './promql_language';
import type { QueryEditorProps } from './query_editor';

type EditorProps = QueryEditorProps & { errorOffset: number | null };

const setErrorOffset = StateEffect.define<number | null>();
const errorMark = Decoration.mark({ class: 'cm-query-error' });

/** Underlines the word at the server's error until the text is changed. */
const errorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (effect.is(setErrorOffset)) next = marksAt(transaction.state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksAt(state: EditorState, offset: number | null): DecorationSet {
  const length = state.doc.length;
  if (offset === null || length === 0) return Decoration.none;
  const from = Math.min(offset, length - 1);
  // A bracket or an operator stands for itself, not for the word beside it.
  const word = /\w/.test(state.sliceDoc(from, from + 1)) ? state.wordAt(from) : null;
  return Decoration.set([errorMark.range(word?.from ?? from, word?.to ?? from + 1)]);
}

function submitKeymap(submit: () => void): Extension {
  const run = () => {
    submit();
    return true;
  };
  return keymap.of([
    { key: 'Enter', run },
    { key: 'Mod-Enter', run },
    { key: 'Shift-Enter', run: insertNewlineAndIndent },
  ]);
}

function extensionsOf(latest: { current: EditorProps }, attributes: Compartment): Extension[] {
  const { language, placeholder: hint, label } = latest.current;
  return [
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ activateOnTypingDelay: 60 }),
    language === 'promql' ? promqlExtension() : logqlExtension(),
    syntaxHighlighting(highlightStyle),
    editorTheme,
    errorField,
    EditorView.lineWrapping,
    placeholder(hint),
    attributes.of(EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' })),
    // The completion list takes Enter first while it is open.
    Prec.highest(keymap.of(completionKeymap)),
    Prec.high(submitKeymap(() => latest.current.onSubmit(latest.current.value))),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    }),
  ];
}

export default function CodeMirrorEditor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const made = new EditorView({
      parent: host.current!,
      state: EditorState.create({ doc: latest.current.value, extensions: extensionsOf(latest, new Compartment()) }),
    });
    if (latest.current.autoFocus) made.focus();
    view.current = made;
    return () => made.destroy();
  }, [props.language]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === props.value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } });
  }, [props.value]);

  useEffect(() => {
    view.current?.dispatch({ effects: setErrorOffset.of(props.errorOffset) });
  }, [props.errorOffset, props.error]);

  return <div ref={host} />;
}
