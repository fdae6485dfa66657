import { Command, CommanderError, Option } from 'commander';
import type { CheckOutput } from './check/check.ts';
import type { Flags } from './config/load-config.ts';
import type { Raw, Table } from './config/setting.ts';
import { topTable } from './config/settings-table.ts';

const checkOutputs: readonly CheckOutput[] = ['text', 'json'];

export type CommandLine =
  /** With `check`, only validates the configuration (`--config.check`). */
  | { readonly command: 'serve'; readonly flags: Flags; readonly check: boolean }
  /** Tries each cluster once and reports each step. */
  | { readonly command: 'check'; readonly flags: Flags; readonly output: CheckOutput }
  /** The exporter with simulated clusters. */
  | { readonly command: 'demo'; readonly flags: Flags }
  /** Nothing to run: help or version for the standard output (0), an error of usage for the standard error (2). */
  | { readonly command: 'print'; readonly text: string; readonly exitCode: 0 | 2 };

const settings: Table = topTable;
const options = Object.entries(settings).flatMap(([key, setting]) => {
  const { flag, doc, shape } = setting;
  if (flag === undefined) return [];
  const standard = setting.default ? ` (default: ${setting.default})` : '';
  const option = new Option(flag.replace(/=(.*)/, ' <$1>'), `${doc}${standard}`);
  return { key, option: shape === 'list' ? option.argParser(append) : option };
});

function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** Parses the arguments after the program's name; `version` is what `--version` prints. */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  const chosen: CommandLine[] = [];
  const program = new Command('zeebe-topology-exporter')
    // Each command prints its own help, and the default command prints the help of the program.
    .helpOption(false)
    .helpCommand(false);
  const [serve, ...others] = commands(version, (commandLine) => chosen.push(commandLine));
  program.addCommand(serve, { isDefault: true });
  for (const command of others) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: print, writeErr: print });
  }

  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: 'print', text: printed, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const [commandLine = { command: 'print', text: printed, exitCode: 2 }] = chosen;
  return commandLine;
}

/** Returns the commands, the default one first. Each is a member of `CommandLine`. */
function commands(version: string, choose: (commandLine: CommandLine) => void): readonly [Command, ...Command[]] {
  return [
    settingsCommand('serve', version)
      .description('Serve the topology of Zeebe clusters as Prometheus metrics. The default command.')
      .action((_options, command: Command) => {
        const flags = flagsOf(command);
        choose({ command: 'serve', flags, check: flags['config.check'] === true });
      }),
    settingsCommand('check', version)
      .description('Try each cluster once, report each step, and exit with 0 or 1.')
      .addOption(new Option('--output <FORMAT>', 'The output format.').choices(checkOutputs).default('text'))
      .action(({ output }: { readonly output: CheckOutput }, command: Command) => {
        choose({ command: 'check', flags: flagsOf(command), output });
      }),
    settingsCommand('demo', version)
      .description('Serve the metrics of simulated clusters that change over time. Requires no configuration.')
      .action((_options, command: Command) => {
        choose({ command: 'demo', flags: flagsOf(command) });
      }),
  ];
}

/** A command with the flags of the settings. */
function settingsCommand(name: string, version: string): Command {
  const command = new Command(name).version(version, '--version', 'Print the version.');
  command.helpOption('--help', 'Print this help.');
  for (const { option } of options) command.addOption(option);
  return command;
}

function flagsOf(command: Command): Flags {
  const given = options.flatMap(({ key, option }) => {
    const raw: Raw | undefined = command.getOptionValue(option.attributeName());
    return raw === undefined ? [] : [[key, raw] as const];
  });
  return Object.fromEntries(given);
}
