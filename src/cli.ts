import { Command, CommanderError, Option } from 'commander';
import { namedSource, type Source } from './config/resolve.ts';
import type { Raw, Table } from './config/setting.ts';
import { topTable } from './config/settings-table.ts';

/** What the flags give, by the keys of the settings. */
export type Flags = { readonly [K in keyof typeof topTable]?: Raw };

const checkOutputs = ['text', 'json'] as const;
export type CheckOutput = (typeof checkOutputs)[number];

export type CommandLine =
  /** `check`: validate the configuration, nothing else (`--config.check`). */
  | { readonly command: 'serve'; readonly flags: Flags; readonly check: boolean }
  /** One pass over each cluster, told step by step. */
  | { readonly command: 'check'; readonly flags: Flags; readonly output: CheckOutput }
  /** The exporter over simulated clusters. */
  | { readonly command: 'demo'; readonly flags: Flags }
  /** Nothing to run: help or version for the standard output (0), what is wrong with the flags for the other one (2). */
  | { readonly command: 'print'; readonly text: string; readonly exitCode: 0 | 2 };

const settings: Table = topTable;
const options = Object.entries(settings).flatMap(([key, setting]) => {
  const { flag, doc, shape } = setting;
  if (flag === undefined) {
    return [];
  }
  const standard = setting.default ? ` (default: ${setting.default})` : '';
  const option = new Option(flag.replace(/=(.*)/, ' <$1>'), `${doc}${standard}`);
  return { key, option: shape === 'list' ? option.argParser(append) : option };
});

function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/**
 * Parses what follows the program's name; `version` is what `--version` prints.
 * A further subcommand is one more `addCommand` here, with flags of its own, and one more member of `CommandLine`.
 */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  const chosen: CommandLine[] = [];
  const serve = settingsCommand('serve', version)
    .description('Serve the topology of Zeebe clusters as Prometheus metrics; the word serve may be left out.')
    .action((_options, command: Command) => {
      const flags = flagsOf(command);
      chosen.push({ command: 'serve', flags, check: flags['config.check'] === true });
    });

  const check = settingsCommand('check', version)
    .description('Try each cluster once, say step by step what comes of it, and exit with 0 or 1.')
    .addOption(new Option('--output <FORMAT>', 'For people or for scripts.').choices(checkOutputs).default('text'))
    .action(({ output }: { readonly output: CheckOutput }, command: Command) => {
      chosen.push({ command: 'check', flags: flagsOf(command), output });
    });

  const demo = settingsCommand('demo', version)
    .description('Serve the metrics of simulated clusters to which things happen: nothing is needed, nothing is read.')
    .action((_options, command: Command) => {
      chosen.push({ command: 'demo', flags: flagsOf(command) });
    });

  const program = new Command('zeebe-topology-exporter')
    // Each command prints its own help, and the default one that of the program.
    .helpOption(false)
    .helpCommand(false)
    .addCommand(serve, { isDefault: true })
    .addCommand(check)
    .addCommand(demo);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: print, writeErr: print });
  }

  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    return { command: 'print', text: printed, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const [commandLine = { command: 'print', text: printed, exitCode: 2 }] = chosen;
  return commandLine;
}

/** A command that takes the flags of the settings. */
function settingsCommand(name: string, version: string): Command {
  const command = new Command(name).version(version, '--version', 'Print the version.');
  command.helpOption('--help', 'Print this text.');
  for (const { option } of options) {
    command.addOption(option);
  }
  return command;
}

function flagsOf(command: Command): Flags {
  const given = options.flatMap(({ key, option }) => {
    const raw: Raw | undefined = command.getOptionValue(option.attributeName());
    return raw === undefined ? [] : [[key, raw] as const];
  });
  return Object.fromEntries(given);
}

/** The flags, for `loadConfig`. */
export function flagSource(flags: Flags): Source {
  return namedSource(new Map(Object.entries(flags)), (key) => settings[key]?.flag?.split('=')[0] ?? key);
}
