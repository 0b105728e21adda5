/** The worker that makes or reads the weights of any network, off the page's thread. */
import { loadVgg } from '../../models/load.js';
import { serveNets } from './net-service.js';
import { openNet } from './open-net.js';

serveNets(loadVgg, openNet);
