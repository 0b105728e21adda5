/** Gives the elements of classification and fine-tuning their words. */
import { LABELLED_ENGLISH } from '../base/strings-labelled.js';
import { addWords } from '../base/words-here.js';

addWords(LABELLED_ENGLISH);
