import '../src/ui/spectrum/spectrum.js';
import { NET } from './net.js';
import './plain.js';
import { PHOTOGRAPHS, sampleSrc, STYLES } from './samples.js';

const spectrum = document.querySelector('gram-spectrum');
if (spectrum !== null) {
  spectrum.samples = [...STYLES, ...PHOTOGRAPHS];
  spectrum.net = NET;
  spectrum.src = sampleSrc(STYLES, 'flow field');
}
