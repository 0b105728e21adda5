import './plain.js';

for (const block of document.querySelectorAll('.code')) {
  const button = block.querySelector('button');
  button?.addEventListener('click', () => {
    const words = button.textContent;
    void navigator.clipboard.writeText(block.querySelector('pre')?.textContent ?? '').then(() => {
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = words;
      }, 2_000);
    });
  });
}
