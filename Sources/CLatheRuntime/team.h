// What the walker of programs needs of a thread team.
#pragma once

#include "CLatheRuntime.h"
#include "event.h"

/// What each thread of a team does in a run; `spin` belongs to the thread.
typedef void (*lathe_job)(void *context, lathe_spin *spin);

/// Opens the team for `job`: from now on its threads may join. False if another caller has it, or
/// it has no threads of its own; then nothing was done.
bool lathe_team_open(lathe_team *team, lathe_job job, void *context);

/// Closes the team and waits until the threads that joined have left the job. Those that did not
/// arrive in time never see it.
void lathe_team_close(lathe_team *team, lathe_spin *spin);

/// The budget with which a thread of this team starts to wait.
lathe_spin lathe_team_spin(const lathe_team *team);

/// Where the threads of the current job wait for each other.
lathe_event *lathe_team_progress(lathe_team *team);
