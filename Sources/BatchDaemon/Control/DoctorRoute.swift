import ControlAPI
import Hummingbird

/// `/v1/doctor`: what the daemon finds of what it stands on.
struct DoctorRoute {
    let doctor: Doctor

    func add(to router: ControlRouter) {
        router.get(Routes.doctor) { [doctor] _ in try .json(await doctor.examine()) }
    }
}
