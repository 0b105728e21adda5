/** What the command line and the runner page tell each other. Everything here survives JSON. */
import type { AdapterChoice } from '../../engine/device.js';
import type { PlainError } from '../../engine/plain-error.js';
import type { DoctorReport } from '../../tasks/doctor.js';
import type { StyleTransferSettings } from '../../tasks/settings.js';

/** A file the page may fetch: its URL below the token and its name for messages. */
export interface FileReference {
  readonly name: string;
  readonly url: string;
}

/** A picture file; `tensor` names the tensor of a safetensors file. */
export interface PictureReference extends FileReference {
  readonly tensor?: string;
}

/** A net: its name alone (`random-vgg19:7`), or a file with those beside it that belong to it. */
export interface NetReference {
  readonly name: string;
  readonly url?: string;
  /** URLs by relative path, e.g. the shards of a model.json. */
  readonly siblings?: Readonly<Record<string, string>>;
  /** `caffe` or `torch`, where the user said so. */
  readonly preprocess?: 'caffe' | 'torch';
}

/** One run of style transfer or texture synthesis. */
export interface StylizeJob {
  readonly kind: 'stylize';
  readonly adapter: AdapterChoice;
  /** All but the size, which follows from the pictures. */
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  /** As the user or the preset wrote them. */
  readonly size: string;
  readonly styleSize: string;
  readonly content?: PictureReference;
  readonly styles: readonly PictureReference[];
  /** The picture to start from, where `init` is `picture`. */
  readonly init?: PictureReference;
  readonly net: NetReference;
  /** Where results are posted. */
  readonly outputs: { readonly png: string; readonly raw?: string };
}

/** One entry of the trace: the unweighted losses of the image before update `step`, and the time since the entry before. */
export interface TraceEntry {
  readonly step: number;
  readonly style: number;
  readonly content: number;
  readonly tv: number;
  readonly total: number;
  readonly ms: number;
}

/** The adapter that did the work. */
export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isSoftware: boolean;
}

/** What a run reports besides its pictures. */
export interface StylizeReport {
  readonly adapter: AdapterReport;
  readonly settings: StyleTransferSettings;
  readonly net: { readonly name: string; readonly preprocess: string };
  readonly steps: readonly TraceEntry[];
  /** The variant of each kernel call, by its label. */
  readonly variants: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
}

/** An examination of the adapter. */
export interface DoctorJob {
  readonly kind: 'doctor';
  readonly adapter: AdapterChoice;
}

/** The examination as data and as text. */
export interface DoctorOutcome {
  readonly doctor: DoctorReport;
  readonly text: string;
}

/** Jobs by kind. */
export interface RunnerJobs {
  readonly stylize: StylizeJob;
  readonly doctor: DoctorJob;
}

/** Reports by kind of job. */
export interface RunnerReports {
  readonly stylize: StylizeReport;
  readonly doctor: DoctorOutcome;
}

/** What the page can be asked to do. */
export type RunnerKind = keyof RunnerJobs;

/** How a job ended. */
export type RunnerOutcome<K extends RunnerKind = RunnerKind> = { readonly report: RunnerReports[K] } | { readonly error: PlainError };

/** What the page says while it works. */
export type RunnerEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterReport }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'phase'; readonly text: string; readonly done?: number; readonly total?: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      readonly losses?: { readonly style: number; readonly content: number; readonly tv: number; readonly total: number };
    };

/** What the page offers to Node, and Node to the page. */
export interface RunnerGlobals {
  /** Set by the page. */
  gramarye?: {
    run(job: RunnerJobs[RunnerKind]): Promise<RunnerOutcome>;
  };
  /** Set by Node before the page loads. */
  gramaryeEvent?: (event: RunnerEvent) => Promise<void>;
}
