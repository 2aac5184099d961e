#include "config.h"

#include "resolver/epoch.h"

bool epoch_take(struct epoch *e, uint32_t server_s, uint64_t now_s)
{
	uint64_t client = now_s - e->heard_s;
	uint64_t server = server_s - e->server_s;
	bool lost;

	/* One second back is an answer that overtook another. */
	if (!e->known)
		lost = false;
	else if (server_s < e->server_s)
		lost = e->server_s - server_s > 1;
	else
		/* Clocks that run apart by more than a sixteenth. */
		lost = client + 2 < server - server / 16 ||
		       server + 2 < client - client / 16;
	*e = (struct epoch){
		.known = true, .server_s = server_s, .heard_s = now_s,
	};
	return lost;
}
