import { Command, CommanderError, Option } from 'commander';
import type { CheckOutput } from './check/check.ts';
import type { Flags } from './config/load-config.ts';
import type { Raw, Table } from './config/setting.ts';
import { topTable } from './config/settings-table.ts';
import { nearestName } from './nearest-name.ts';

const checkOutputs: readonly CheckOutput[] = ['text', 'json'];

export type CommandLine =
  /** With `check`, only validates the configuration (`--config.check`). */
  | { readonly command: 'serve'; readonly flags: Flags; readonly check: boolean }
  /** Tries each cluster once and reports each step. */
  | { readonly command: 'check'; readonly flags: Flags; readonly output: CheckOutput }
  /** The exporter with simulated clusters; with `slow`, their faults last until alerts fire. */
  | { readonly command: 'demo'; readonly flags: Flags; readonly slow: boolean }
  /** Nothing to run: help or version for the standard output (0), an error of usage for the standard error (2). */
  | { readonly command: 'print'; readonly text: string; readonly exitCode: 0 | 2 };

const settings: Table = topTable;
const options = Object.entries(settings).flatMap(([key, setting]) => {
  const { flag, doc, shape, variables = [] } = setting;
  if (flag === undefined) return [];
  const standard = setting.default ? [`default: ${setting.default}`] : [];
  const notes = [...standard, ...variables].join(', ');
  const create = () => {
    const option = new Option(flag.replace(/=(.*)/, ' <$1>'), notes === '' ? doc : `${doc} (${notes})`);
    return shape === 'list' ? option.argParser(append) : option;
  };
  return { key, attribute: create().attributeName(), create };
});

function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

const documentation =
  'https://github.com/zeebe-topology-exporter/zeebe-topology-exporter/blob/main/docs/configuration.md';

/** Parses the arguments after the program's name; `version` is what `--version` prints. */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  const chosen: CommandLine[] = [];
  const program = createProgram(version, (commandLine) => chosen.push(commandLine));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: print, writeErr: print });
  }

  const [first = ''] = argv;
  const isForProgram = !first.startsWith('-') || optionNamed(first, program) !== undefined || isHelp(first);
  const withCommand = first === '' || !isForProgram ? [program.commands[0]?.name() ?? '', ...argv] : argv;
  try {
    rejectMisreadFlags(program, withCommand);
    program.parse(withCommand, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: 'print', text: printed, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const [commandLine = { command: 'print', text: printed, exitCode: 2 }] = chosen;
  return commandLine;
}

function optionNamed(flag: string, { options }: Command): Option | undefined {
  return options.find(({ long, short }) => flag === long || flag === short);
}

function isHelp(argument: string): boolean {
  return argument === '-h' || argument === '--help';
}

/** Returns the program with its commands, the default one first. */
function createProgram(version: string, choose: (commandLine: CommandLine) => void): Command {
  const program = new Command('zeebe-topology-exporter');
  program
    .usage('[COMMAND] [FLAGS]')
    .description('Prometheus exporter for the topology of Zeebe clusters.')
    .configureHelp({ visibleOptions: () => [], subcommandTerm: (command) => command.name() })
    .showHelpAfterError("(Run 'zeebe-topology-exporter --help' for the commands.)")
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand('help [COMMAND]', 'Print this help, or the flags of a command.')
    .addHelpText('after', () => `\n${flagsOfDefault(program)}\n${variablesHelp}`);
  for (const command of commands(choose)) program.addCommand(withVersionAndHelp(command, version));
  const printVersion = () => choose({ command: 'print', text: `${version}\n`, exitCode: 0 });
  return program.addCommand(new Command('version').description('Print the version.').action(printVersion));
}

const variablesHelp = `Environment variables and the configuration file are documented in
${documentation}`;

/** Lists the flags of the default command, for the help of the program. */
function flagsOfDefault({ commands: [command] }: Command): string {
  if (command === undefined) return '';
  const help = command.createHelp();
  help.prepareContext({});
  const width = help.padWidth(command, help);
  const flags = help
    .visibleOptions(command)
    .map((option) => help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help));
  return help.formatItemList(`Flags of ${command.name()}:`, flags, help).join('\n');
}

/**
 * Rejects an unknown flag, with the known one that is nearest, a command behind flags, and a flag that stands where the
 * value of another one belongs, which commander would take for that value. A value that begins with - can be given as
 * `--flag=-value`.
 */
function rejectMisreadFlags(program: Command, [name, ...argv]: readonly string[]): void {
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (command === undefined) return;
  let awaitsValue: Option | undefined;
  for (const argument of argv) {
    if (awaitsValue === undefined && argument === '--') return;
    const [flag = '', value] = splitFlag(argument);
    const option = optionNamed(flag, command);
    if (awaitsValue && (argument.startsWith('--') || option !== undefined || isHelp(argument))) {
      command.error(`error: option '${awaitsValue.flags}' argument missing before '${flag}'`);
    }
    const isValue = awaitsValue !== undefined;
    awaitsValue = !isValue && option?.required && value === undefined ? option : undefined;
    if (!isValue && program.commands.some((other) => other.name() === argument)) {
      command.error(`error: the command ${argument} must be the first argument`);
    }
    if (isValue || !argument.startsWith('--') || isHelp(argument)) continue;
    if (option === undefined) rejectUnknown(command, flag);
    else if (!option.required && value !== undefined) command.error(`error: option '${flag}' takes no value`);
  }
}

function splitFlag(argument: string): readonly [flag: string, value?: string] {
  const end = argument.indexOf('=');
  return end < 0 ? [argument] : [argument.slice(0, end), argument.slice(end + 1)];
}

function rejectUnknown(command: Command, flag: string): void {
  const known = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long.slice(2)] : []));
  const nearest = nearestName(flag.slice(2), [...known, 'help']);
  command.error(`error: unknown option '${flag}'${nearest === undefined ? '' : `\n(Did you mean --${nearest}?)`}`);
}

/** Returns the commands, the default one first. Each is a member of `CommandLine`. */
function commands(choose: (commandLine: CommandLine) => void): readonly [Command, ...Command[]] {
  return [
    settingsCommand('serve', () => true)
      .description('Serve the topology of Zeebe clusters as Prometheus metrics. The default command.')
      .action((_options, command: Command) => {
        const flags = flagsOf(command);
        choose({ command: 'serve', flags, check: flags['config.check'] === true });
      }),
    settingsCommand('check', (key) => key.startsWith('config.'))
      .description('Try each cluster once, report each step, and exit with 0 or 1.')
      .addOption(new Option('--output <FORMAT>', 'The output format.').choices(checkOutputs).default('text'))
      .action(({ output }: { readonly output: CheckOutput }, command: Command) => {
        choose({ command: 'check', flags: flagsOf(command), output });
      }),
    settingsCommand('demo', (key) => !key.startsWith('config.'))
      .description('Serve the metrics of simulated clusters that change over time. Requires no configuration.')
      .addOption(new Option('--slow', 'Let faults last until their alerts fire, in rounds of 25 minutes.'))
      .action(({ slow = false }: { readonly slow?: boolean }, command: Command) => {
        choose({ command: 'demo', flags: flagsOf(command), slow });
      }),
  ];
}

/**
 * A command with the flags of the settings. Its help lists those that it reads. It accepts the others too, so that the
 * arguments of `serve` can be used for every command.
 */
function settingsCommand(name: string, reads: (key: string) => boolean): Command {
  const command = new Command(name).usage('[FLAGS]').optionsGroup('Flags:');
  for (const { key, create } of options) command.addOption(create().hideHelp(!reads(key)));
  return command;
}

function withVersionAndHelp(command: Command, version: string): Command {
  return command
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .showHelpAfterError(`(Run 'zeebe-topology-exporter ${command.name()} --help' for its flags.)`)
    .addHelpText('after', `\n${variablesHelp}`);
}

function flagsOf(command: Command): Flags {
  const given = options.flatMap(({ key, attribute }) => {
    const raw: Raw | undefined = command.getOptionValue(attribute);
    return raw === undefined ? [] : [[key, raw] as const];
  });
  return Object.fromEntries(given);
}
