import type { FailedEvent, FinishedEvent, SteppedEvent } from 'gramarye/elements';
import 'gramarye/elements/style-transfer';
import type {} from 'gramarye/react';
import { StrictMode, useState, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';

function Studio({ content, style }: { readonly content: string; readonly style: string }): ReactElement {
  const [told, tell] = useState('');
  return (
    <>
      <gram-style-transfer
        content={content}
        styles={style}
        size={64}
        steps={4}
        style-size={64}
        ongram-stepped={({ step, steps }: SteppedEvent) => tell(`${String(step)} of ${String(steps)} steps`)}
        ongram-finished={({ timeMs }: FinishedEvent) => tell(`finished in ${String(Math.round(timeMs))} ms`)}
        ongram-failed={({ error }: FailedEvent) => tell(String(error))}
      />
      <p id="told" role="status">
        {told}
      </p>
    </>
  );
}

const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Studio content="./content.jpg" style="./style.jpg" />
    </StrictMode>,
  );
}
