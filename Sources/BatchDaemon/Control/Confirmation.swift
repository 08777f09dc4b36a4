import BatchCore
import BatchStore
import ControlAPI
import HTTPTypes

extension Facts {
    /// Refuses to `act` on a workload of a live account unless the call names it, so that nobody means another one.
    func requireConfirmation(_ call: Call, to act: String, _ workload: WorkloadRecord) throws {
        guard isLive(workload) else { return }
        guard let name = call.text(.confirm) else {
            throw Refusal(
                .forbidden, ErrorDetail.confirmationNeeded,
                "\(workload.id) is a workload of a live account: to \(act) it, its name is needed.",
                hint: "Repeat it with --confirm and the name; 'batchctl show \(workload.id)' tells it.")
        }
        guard name == workload.name else {
            throw Refusal(
                .forbidden, ErrorDetail.confirmationWrong,
                "\(Refusal.shown(name)) is not the name of \(workload.id). Nothing was changed.",
                hint: "Make sure that you mean this one: batchctl show \(workload.id)")
        }
    }

    private func isLive(_ workload: WorkloadRecord) -> Bool {
        guard let account = policy(ofQueue: workload.queue)?.account.name else {
            // Nobody knows any more where its rows went.
            return configuration.accounts.contains(where: \.livemode)
        }
        return configuration.accounts.contains { $0.policy.name == account && $0.livemode }
    }
}
