import BatchCommands
import Glibc

exit(await runBatchCtl(Array(CommandLine.arguments.dropFirst())))
