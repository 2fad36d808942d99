#include "lanes.h"

void lanes_answer(
	const struct lanes *lanes, struct job *job, struct response *response, enum code code)
{
	metrics_count_answer(lanes->metrics, code);
	response_send(response, &job->fastcgi);
	keepalive_return(lanes->keepalive, job->fastcgi.ipcFd);
	pool_give_back(lanes->pool, job);
}
