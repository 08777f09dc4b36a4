import Env
import Glibc
import Testing

@Suite struct StoreThreadTests {
    private actor Keeper {
        private let thread: StoreThread
        private(set) var order: [Int] = []
        private(set) var threads: Set<Int> = []

        init(_ thread: StoreThread) { self.thread = thread }

        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        func note(_ number: Int) {
            thread.checkIsolated()
            order.append(number)
        }
    }

    @Test func anActorRunsOnIt() async {
        let keeper = Keeper(StoreThread(name: "test"))
        for number in 0..<100 { await keeper.note(number) }
        #expect(await keeper.order == Array(0..<100))
    }

    @Test func childTasksCanPreferIt() async {
        let thread = StoreThread(name: "test")
        await withTaskExecutorPreference(thread) {
            await withDiscardingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        thread.checkIsolated()
                        await Task.yield()
                        thread.checkIsolated()
                    }
                }
            }
        }
    }
}
